/** What no watch tells of, such as what the authorizer and admission have heard by now: it is asked until it is so. */
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

/** Throws the last answer of `whatIsMissing` where there still is one after a minute. */
export async function askUntil(whatIsMissing: () => Promise<string | undefined>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const missing = await whatIsMissing();
    if (missing === undefined) return;
    if (performance.now() > deadline) throw new Error(missing);
    await pause(50);
  }
}
