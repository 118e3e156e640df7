/** Wakes one waiting loop when any of several sources has news. */
export interface Bell {
  /** Resolves at the next ring after this call; rejects once a source has broken. */
  next(): Promise<void>;
  ring(): void;
  break(error: unknown): void;
}

export function openBell(): Bell {
  let waiting = newRound();
  let broken: { readonly error: unknown } | undefined;
  return {
    next: () => (broken ? brokenRound(broken.error) : waiting.promise),
    ring: () => {
      waiting.resolve();
      waiting = newRound();
    },
    break: (error) => {
      broken ??= { error };
      waiting.reject(error);
    },
  };
}

/** Nobody may be waiting when it breaks: that is no unhandled rejection. */
function newRound(): PromiseWithResolvers<void> {
  const round = Promise.withResolvers<void>();
  round.promise.catch(() => undefined);
  return round;
}

/** The caller may end without ever waiting for it. */
function brokenRound(error: unknown): Promise<void> {
  const round = newRound();
  round.reject(error);
  return round.promise;
}
