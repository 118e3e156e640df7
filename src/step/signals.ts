/** GitHub cancels a step with SIGINT, SIGTERM 7.5 s later, and kills it after another 2.5 s. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export type StopSignal = (typeof SIGNALS)[number];

export interface StopWatch {
  /** Aborted by the first signal, before `callback` is called. */
  readonly signal: AbortSignal;
  /** Gives the signals back to Node, which ends the process on them. */
  dispose(): void;
}

/** Calls back once, on the first SIGINT or SIGTERM; later ones are ignored, so that what was begun is finished. */
export function onStop(callback: (signal: StopSignal) => void): StopWatch {
  const controller = new AbortController();
  const listener = (signal: StopSignal) => {
    if (controller.signal.aborted) return;
    controller.abort(new Error(`stopped by ${signal}`));
    callback(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    signal: controller.signal,
    dispose() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}
