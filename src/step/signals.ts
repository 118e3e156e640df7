/** GitHub cancels a step with SIGINT, SIGTERM 7.5 s later, and kills it after another 2.5 s. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export type StopSignal = (typeof SIGNALS)[number];

/**
 * Calls back once, on the first SIGINT or SIGTERM, after the signal it returns was aborted; later ones are ignored, so
 * that what was begun is finished.
 */
export function onStop(callback: (signal: StopSignal) => void): AbortSignal {
  const controller = new AbortController();
  const listener = (signal: StopSignal) => {
    if (controller.signal.aborted) return;
    controller.abort(new Error(`stopped by ${signal}`));
    callback(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return controller.signal;
}
