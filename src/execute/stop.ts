/** The one way an executor is asked to stop: SIGTERM, by a cancelled workflow or the pod's deadline. */

export interface Stop {
  readonly signal: AbortSignal;
  /** Seconds from the start of this process to the stop; `undefined` while nobody asked for one. */
  afterSeconds(): number | undefined;
}

/** Node is PID 1 in the pod, and a PID 1 ignores signals without a handler: the entry calls this first. */
export function hearStop(): Stop {
  const controller = new AbortController();
  let stoppedAt: number | undefined;
  const stop = (): void => {
    stoppedAt ??= performance.now();
    controller.abort();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return {
    signal: controller.signal,
    afterSeconds: () => (stoppedAt === undefined ? undefined : stoppedAt / 1000),
  };
}
