/** Asks a running execution to stop, so that its executor can finish, judge or undo what it has begun. */
import type { ApiServer } from '../cluster/api.ts';
import { requestPath } from '../cluster/path.ts';
import { expectSuccess, getObject, listObjects } from '../cluster/typed.ts';
import { hasStarted, type JobRef, jobPath, podPath, podsOf } from '../job/execution-job.ts';
import { leasePath } from '../job/lease.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { isFinished } from '../plan/pods.ts';

export type Stopped = 'stopping' | 'deleted' | 'ended';

/**
 * A pod that runs gets SIGTERM through a deadline of one second, which keeps its log and its message; a deadline
 * does nothing to one that has not started, so there the Job is deleted.
 */
export async function stopExecution(api: ApiServer, job: JobRef): Promise<Stopped> {
  const [pods, journal] = await Promise.all([
    listObjects(api, podPath({ namespace: job.namespace }), podsOf(job)),
    getObject(api, leasePath(job)),
  ]);
  const unfinished = pods.items.filter((pod) => !isFinished(pod));
  // Its journal and its undo go with the Job, so one that has begun keeps it, also where its pod was taken away.
  const hasBegun = journal !== null;
  if (unfinished.length === 0 && (pods.items.length > 0 || hasBegun)) return 'ended';
  if (!hasBegun && !unfinished.some(hasStarted)) {
    return (await deleteJob(api, job)) ? 'deleted' : 'ended';
  }
  await Promise.all(unfinished.map((pod) => lowerDeadline(api, pod)));
  return 'stopping';
}

/** In the background, with its pods: without a propagation policy they would go on running. Whether it was there. */
export async function deleteJob(api: ApiServer, job: JobRef): Promise<boolean> {
  const response = await api.send({
    method: 'DELETE',
    path: requestPath(jobPath(job)),
    body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' },
    resendable: true,
  });
  if (response.status === 404) return false;
  expectSuccess(response);
  return true;
}

async function lowerDeadline(api: ApiServer, pod: KubernetesObject): Promise<void> {
  const { namespace = '', name } = pod.metadata;
  const response = await api.send({
    method: 'PATCH',
    path: requestPath(podPath({ namespace, name })),
    contentType: 'application/merge-patch+json',
    body: { metadata: { uid: pod.metadata.uid }, spec: { activeDeadlineSeconds: 1 } },
    resendable: true,
  });
  if (response.status !== 404) expectSuccess(response);
}
