import type { ApiServer } from '../cluster/api.ts';
import { getObject } from '../cluster/typed.ts';
import { type JobRef, jobPath } from '../job/execution-job.ts';
import { leasePath } from '../job/lease.ts';
import { isFinished } from '../plan/pods.ts';
import type { Seen } from './execution-watches.ts';

/**
 * Whether an executor that has ended may have sent anything. Its journal is what it writes first, and that goes with
 * the Job alone.
 */
export async function mayHaveBegun(api: ApiServer, job: JobRef, { pod, podGone }: Seen): Promise<boolean> {
  if (pod === undefined || podGone || !isFinished(pod)) return true;
  try {
    if ((await getObject(api, leasePath(job.namespace, job.name))) !== null) return true;
    const live = await getObject(api, jobPath(job));
    return live === null || live.metadata.deletionTimestamp !== undefined;
  } catch {
    return true;
  }
}
