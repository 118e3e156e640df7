import { Ended } from './ending.ts';

export interface Bounds {
  readonly cancelled: AbortSignal;
  /** As `performance.now()` counts. */
  readonly deadlineMs: number;
}

/** Nothing that hangs may keep a cancelled run from saying so; `when` is how far it had come. */
export async function orCancelled<Value>(
  stage: Promise<Value>,
  { cancelled, deadlineMs }: Bounds,
  when = 'before the Job was created; nothing was changed',
): Promise<Value> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const cancel = (): void =>
    reject(
      new Ended({
        result: 'cancelled',
        reasonCode: 'cancelled',
        message: `cancelled ${when}`,
      }),
    );
  const late = (): void =>
    reject(
      new Ended({
        result: 'timed-out',
        reasonCode: 'timeout',
        message: `timeout was over ${when}`,
      }),
    );
  if (cancelled.aborted) cancel();
  cancelled.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(late, Math.max(0, deadlineMs - performance.now()));
  try {
    return await Promise.race([stage, ended]);
  } finally {
    clearTimeout(timer);
    cancelled.removeEventListener('abort', cancel);
  }
}
