import { setTimeout as sleep } from 'node:timers/promises';

export interface Backoff {
  /** Waits longer each time, half of it by chance; ends early when the signal comes. */
  wait(): Promise<void>;
  /** It went well for a while: begin at the shortest again. */
  reset(): void;
}

export function openBackoff(firstMs: number, longestMs: number, signal: AbortSignal): Backoff {
  let nextMs = firstMs;
  return {
    async wait() {
      const ms = nextMs / 2 + (Math.random() * nextMs) / 2;
      nextMs = Math.min(nextMs * 2, longestMs);
      await pause(ms, signal);
    },
    reset() {
      nextMs = firstMs;
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
