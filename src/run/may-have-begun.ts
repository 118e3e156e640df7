import type { ApiServer } from '../cluster/api.ts';
import { getObject } from '../cluster/typed.ts';
import { leasePath } from '../execute/lease.ts';
import { isFinished } from '../plan/nodes.ts';
import type { Seen } from './execution-watches.ts';
import type { JobRef } from './stop-execution.ts';

/**
 * Whether an executor that has ended may have sent anything. Its journal is what it writes first, and that goes with
 * the Job alone.
 */
export async function mayHaveBegun(
  api: ApiServer,
  { namespace, name }: JobRef,
  { pod, podGone }: Seen,
): Promise<boolean> {
  if (pod === undefined || podGone || !isFinished(pod)) return true;
  try {
    if ((await getObject(api, leasePath(namespace, name))) !== null) return true;
    const job = await getObject(api, { group: 'batch', version: 'v1', resource: 'jobs', namespace, name });
    return job === null || job.metadata.deletionTimestamp !== undefined;
  } catch {
    return true;
  }
}
