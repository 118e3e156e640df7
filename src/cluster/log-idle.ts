const TICK_MS = 250;
/** The kubelet needs a moment to end the stream by itself once the container is gone. */
const ENDED_IDLE_MS = 500;
const SILENT_AFTER_MS = 240_000;

/** What is read. */
export interface IdleSource {
  readonly signal: AbortSignal;
  /** Has the container terminated? */
  ended(): boolean | Promise<boolean>;
  /** 4 min unless told. */
  readonly silentAfterMs?: number;
}

export interface IdleGuard {
  readonly signal: AbortSignal;
  heard(): void;
  end(): void;
}

/**
 * Ends a read that will bring nothing more: following although the container has ended, or silent for so long
 * that the connection may be dead.
 */
export function openIdleGuard(source: IdleSource, isLast: boolean): IdleGuard {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  source.signal.addEventListener('abort', stop, { once: true });
  if (source.signal.aborted) stop();
  let heardAt = performance.now();
  const look = async (): Promise<void> => {
    const idleMs = performance.now() - heardAt;
    if (idleMs > (source.silentAfterMs ?? SILENT_AFTER_MS)) return stop();
    if (!isLast && idleMs >= ENDED_IDLE_MS && (await source.ended())) stop();
  };
  // A question that fails is asked again; followLog asks it too, and there it counts.
  const timer = setInterval(() => void look().catch(() => {}), TICK_MS);
  return {
    signal: controller.signal,
    heard: () => {
      heardAt = performance.now();
    },
    end: () => {
      clearInterval(timer);
      source.signal.removeEventListener('abort', stop);
    },
  };
}
