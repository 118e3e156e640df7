import { untilSettled } from '../cluster/pause.ts';
import type { Verdict } from '../plan/verdict.ts';
import { type ExecutionWatches, lastWord, type Seen } from './execution-watches.ts';

/** How long the journal may come after the pod has gone: they are told by two watches. */
const JOURNAL_GRACE_MS = 1_000;

export interface GoneLimits {
  /** For a pod that has not started. */
  readonly graceMs: number;
  /** For one that has started all the same: it has been asked to stop, and undoes what it has begun. */
  readonly startedGraceMs: number;
  readonly signal: AbortSignal;
}

/** `gone`: it never started. `started`: it did, and left no verdict. `there`: it may yet start. */
export type Remains =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'gone' | 'started' | 'there' };

/** What became of an execution whose Job was deleted: the kubelet may start its container before it hears of that. */
export async function awaitGone({ seen, bell }: ExecutionWatches, limits: GoneLimits): Promise<Remains> {
  const begun = performance.now();
  let goneAt: number | undefined;
  for (;;) {
    const changed = bell.next();
    const verdict = lastWord(seen);
    if (verdict) return { kind: 'verdict', verdict };
    if (isGone(seen)) goneAt ??= performance.now();
    if (goneAt !== undefined && !seen.hasStarted) return { kind: 'gone' };
    const due = goneAt === undefined ? begun + graceOf(seen, limits) : goneAt + JOURNAL_GRACE_MS;
    const left = due - performance.now();
    if (left <= 0 || limits.signal.aborted) return unsure(seen);
    try {
      await untilSettled(changed, left, limits.signal);
    } catch {
      return { kind: seen.hasStarted ? 'started' : 'there' };
    }
  }
}

/** Whether nothing is left that could act. */
export function isGone({ pod, podGone, job }: Seen): boolean {
  return pod === undefined ? job === 'gone' : podGone;
}

function graceOf({ hasStarted }: Seen, { graceMs, startedGraceMs }: GoneLimits): number {
  return hasStarted ? startedGraceMs : graceMs;
}

/** A Job that no watch has told of in all that time was never there. */
function unsure({ hasStarted, pod, job }: Seen): Remains {
  if (hasStarted) return { kind: 'started' };
  return { kind: pod === undefined && job === 'unseen' ? 'gone' : 'there' };
}
