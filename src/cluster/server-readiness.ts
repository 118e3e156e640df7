/** Whether an API server is ready: one that has just started refuses what it will allow in a second. */
import { exchange, type Route } from './exchange.ts';

const TIMEOUT_MS = 3_000;

/** `/readyz` is open to everybody. Where it gives no plain no, as behind some proxies, the server counts as ready. */
export async function isReady(route: Route, signal?: AbortSignal): Promise<boolean> {
  const asked = {
    method: 'GET',
    path: '/readyz',
    timeoutMs: TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  } as const;
  try {
    const { answer, end } = await exchange(route, {}, asked);
    answer.resume();
    end();
    return (answer.statusCode ?? 0) < 500;
  } catch {
    return false;
  }
}
