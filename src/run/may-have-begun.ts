import type { ApiServer } from '../cluster/api.ts';
import { getObject } from '../cluster/typed.ts';
import { executorState, isTerminated, type JobRef, jobPath } from '../job/execution-job.ts';
import { leasePath } from '../job/lease.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { isFinished } from '../plan/pods.ts';
import { textAt } from '../plan/pointer.ts';
import type { Seen } from './execution-watches.ts';

/**
 * Whether an executor that has ended may have sent anything. Its journal is what it writes first, and that goes with
 * the Job alone.
 */
export async function mayHaveBegun(api: ApiServer, job: JobRef, { pod, podGone }: Seen): Promise<boolean> {
  const hasEnded = podGone ? wasSeenToEnd(pod) : pod !== undefined && isFinished(pod);
  if (!hasEnded) return true;
  try {
    if ((await getObject(api, leasePath(job))) !== null) return true;
    const live = await getObject(api, jobPath(job));
    return live === null || live.metadata.deletionTimestamp !== undefined;
  } catch {
    return true;
  }
}

/** By the kubelet, before the pod was removed; it says `ContainerStatusUnknown` of one that it has lost sight of. */
function wasSeenToEnd(pod: KubernetesObject | undefined): boolean {
  return isTerminated(pod) && textAt(executorState(pod), '/terminated/reason') !== 'ContainerStatusUnknown';
}
