/** Asks a running execution to stop, so that its executor can finish, judge or undo what it has begun. */
import type { ApiServer } from '../cluster/api.ts';
import { requestPath } from '../cluster/path.ts';
import { expectSuccess, getObject, listObjects } from '../cluster/typed.ts';
import { leasePath } from '../execute/lease.ts';
import { isFinished } from '../plan/nodes.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';

export interface JobRef {
  readonly namespace: string;
  readonly name: string;
}

/** What a container runtime writes, as the beginning of time, for a container that it could not start. */
const NEVER = '1970-01-01T';

export type Stopped = 'stopping' | 'deleted' | 'ended';

/**
 * A pod that runs gets SIGTERM through a deadline of one second, which keeps its log and its message; a deadline
 * does nothing to one that has not started, so there the Job is deleted.
 */
export async function stopExecution(api: ApiServer, job: JobRef): Promise<Stopped> {
  const labelSelector = `batch.kubernetes.io/job-name=${job.name}`;
  const [pods, journal] = await Promise.all([
    listObjects(api, podsPath(job.namespace), { labelSelector }),
    getObject(api, leasePath(job.namespace, job.name)),
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
export async function deleteJob(api: ApiServer, { namespace, name }: JobRef): Promise<boolean> {
  const response = await api.send({
    method: 'DELETE',
    path: requestPath({ group: 'batch', version: 'v1', resource: 'jobs', namespace, name }),
    body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' },
    resendable: true,
  });
  if (response.status === 404) return false;
  expectSuccess(response);
  return true;
}

export function podsPath(namespace: string, name?: string): ResourcePath {
  return { group: '', version: 'v1', resource: 'pods', namespace, ...(name === undefined ? {} : { name }) };
}

/** Whether the executor's container runs or has run. */
export function hasStarted(pod: KubernetesObject): boolean {
  const state = readPointer(pod, '/status/containerStatuses/0/state');
  const startedAt = textAt(state, '/terminated/startedAt');
  return readPointer(state, '/running') !== undefined || (startedAt !== '' && !startedAt.startsWith(NEVER));
}

async function lowerDeadline(api: ApiServer, pod: KubernetesObject): Promise<void> {
  const { namespace = '', name } = pod.metadata;
  const response = await api.send({
    method: 'PATCH',
    path: requestPath(podsPath(namespace, name)),
    contentType: 'application/merge-patch+json',
    body: { metadata: { uid: pod.metadata.uid }, spec: { activeDeadlineSeconds: 1 } },
    resendable: true,
  });
  if (response.status !== 404) expectSuccess(response);
}
