/** A clock for code that waits: time passes only where a test lets it, and then at once. */
import { syncBuiltinESMExports } from 'node:module';
import promises from 'node:timers/promises';
import { vi } from 'vitest';

const realSleep = promises.setTimeout;
const realTimeout = AbortSignal.timeout;

/** Stops `Date`, `performance`, timers, `node:timers/promises` and `AbortSignal.timeout` until `releaseClock`. */
export function holdClock(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  promises.setTimeout = sleep as typeof promises.setTimeout;
  AbortSignal.timeout = (ms) => {
    if (!Number.isInteger(ms)) throw new RangeError(`The value of "delay" must be an integer: ${ms}`);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), ms);
    return controller.signal;
  };
  syncBuiltinESMExports();
}

export function releaseClock(): void {
  promises.setTimeout = realSleep;
  AbortSignal.timeout = realTimeout;
  syncBuiltinESMExports();
  vi.useRealTimers();
}

/** Lets time pass until the promise has settled; throws where nothing is left to wait for. */
export async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  let done = false;
  const finish = (): void => {
    done = true;
  };
  promise.then(finish, finish);
  await vi.advanceTimersByTimeAsync(0);
  for (let step = 0; !done; step += 1) {
    if (vi.getTimerCount() === 0 || step > 5000) throw new Error('it waits for something that does not come');
    await vi.advanceTimersToNextTimerAsync();
  }
  return promise;
}

/** Lets so much time pass. */
export async function passTime(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}

function sleep<Value>(
  ms = 0,
  value?: Value,
  options: { signal?: AbortSignal } = {},
): Promise<Value | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>();
  const { signal } = options;
  const abort = (): void => {
    clearTimeout(timer);
    reject(new DOMException('The operation was aborted', 'AbortError'));
  };
  const timer = setTimeout(() => {
    signal?.removeEventListener('abort', abort);
    resolve(value);
  }, ms);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return promise;
}
