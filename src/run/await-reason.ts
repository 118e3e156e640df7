import { untilSettled } from '../cluster/pause.ts';
import type { JobRef } from '../job/execution-job.ts';
import type { ExecutionWatches } from './execution-watches.ts';
import { whyStopped } from './why-ended.ts';

/** A kubelet that evicts a pod says so only when its container has ended, which is after the verdict. */
const REASON_GRACE_MS = 5_000;

/** Who or what had the executor stop, beside us; the empty string where the cluster does not tell in time. */
export async function awaitReason(
  { seen, bell }: ExecutionWatches,
  job: JobRef,
  signal: AbortSignal,
): Promise<string> {
  const due = performance.now() + REASON_GRACE_MS;
  for (;;) {
    const changed = bell.next();
    const why = whyStopped(seen, job);
    const left = due - performance.now();
    if (why !== '' || left <= 0 || signal.aborted) return why;
    try {
      await untilSettled(changed, left, signal);
    } catch {
      return whyStopped(seen, job);
    }
  }
}
