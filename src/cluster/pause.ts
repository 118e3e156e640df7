import { setTimeout as sleep } from 'node:timers/promises';

export interface Backoff {
  /** Waits longer each time; ends early when the signal comes. */
  wait(): Promise<void>;
  /** It went well for a while: begin at the shortest again. */
  reset(): void;
}

/**
 * After so many attempts, the first of which is 1. Half of it is chance, so that many clients of a server that comes back
 * do not come all at once.
 */
export function backoffMs(attempt: number, firstMs: number, longestMs: number): number {
  const full = Math.min(firstMs * 2 ** (attempt - 1), longestMs);
  return full / 2 + (Math.random() * full) / 2;
}

export function openBackoff(firstMs: number, longestMs: number, signal: AbortSignal): Backoff {
  let attempt = 1;
  return {
    async wait() {
      const ms = backoffMs(attempt, firstMs, longestMs);
      attempt += 1;
      await pause(ms, signal);
    },
    reset() {
      attempt = 1;
    },
  };
}

/** True after `ms`, false when the signal came first. */
export function pause(ms: number, signal?: AbortSignal): Promise<boolean> {
  return sleep(ms, true, signal === undefined ? {} : { signal }).catch(() => false);
}

/** Until the promise settles, so many milliseconds have passed, or the signal comes; rejects as the promise does. */
export async function untilSettled(
  promise: Promise<unknown>,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  const { promise: due, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(1, ms));
  const wakeUp = (): void => resolve();
  signal?.addEventListener('abort', wakeUp, { once: true });
  if (signal?.aborted === true) wakeUp();
  await Promise.race([promise, due]).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', wakeUp);
  });
}
