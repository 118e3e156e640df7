import type { Credentials } from '../api.ts';
import type { CredentialSource } from './credential-source.ts';

export interface Issued {
  readonly credentials: Credentials;
  /** Milliseconds since the epoch; absent: good until refused. */
  readonly expiresAt?: number;
}

/** Renewed this long before the end, or for short lives at three quarters. */
const SKEW_MS = 60_000;
/** A 401 so soon after issuing was meant for the credentials before. */
const FRESH_MS = 2000;

interface Held extends Issued {
  readonly issuedAt: number;
}

/** Keeps what `issue` gave until it is about to expire or was refused; parallel callers share one run of it. */
export function renewing(issue: () => Promise<Issued>): CredentialSource & { forget(): void } {
  let held: Held | undefined;
  let running: Promise<Held> | undefined;
  const renew = async (): Promise<Held> => {
    try {
      held = { ...(await issue()), issuedAt: Date.now() };
      return held;
    } finally {
      running = undefined;
    }
  };
  return {
    async credentials(signal) {
      if (held !== undefined && isGood(held)) return held.credentials;
      running ??= renew();
      return (await unlessAborted(running, signal)).credentials;
    },
    forget() {
      if (held !== undefined && Date.now() - held.issuedAt > FRESH_MS) held = undefined;
    },
  };
}

function isGood(held: Held): boolean {
  if (held.expiresAt === undefined) return true;
  const skew = Math.min(SKEW_MS, (held.expiresAt - held.issuedAt) / 4);
  return Date.now() < held.expiresAt - skew;
}

/** The shared run goes on for the others. */
function unlessAborted<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return running;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
