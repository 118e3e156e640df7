/** Whether an API server is ready: one that has just started refuses what it will allow in a second. */
import { exchange, type Route } from './exchange.ts';

const TIMEOUT_MS = 3_000;

export type Readiness = 'ready' | 'not-ready' | 'unknown';

/**
 * `/readyz` is open to everybody, but in the first moments of a server and where somebody has closed it. Asked without
 * a token, but with the client certificate: a server may demand one for any connection at all.
 */
export async function askReadiness(route: Route, signal?: AbortSignal): Promise<Readiness> {
  const asked = {
    method: 'GET',
    path: '/readyz',
    timeoutMs: TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  } as const;
  try {
    const {
      authorization: _token,
      impersonate: _as,
      ...certificate
    } = await route.access.credentials(signal);
    const asking = await exchange(route, certificate, asked);
    asking.answer.resume();
    asking.end();
    const { statusCode = 0 } = asking.answer;
    if (statusCode === 403) return 'unknown';
    // Also where there are no anonymous requests, or a proxy that knows no such path.
    return statusCode < 500 ? 'ready' : 'not-ready';
  } catch {
    return 'not-ready';
  }
}
