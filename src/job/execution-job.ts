/** Where an execution's Job and its pod stand, and what the pod tells of its only container, the executor's. */
import type { KubernetesObject, Place, ResourcePath } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';

export interface JobRef {
  readonly namespace: string;
  readonly name: string;
}

/** From the SIGTERM for an executor until the kubelet kills it: the time for an undo. */
export const GRACE_SECONDS = 60;

/** What a container runtime writes, as the beginning of time, for a container that it could not start. */
const NEVER = '1970-01-01T';

export function jobPath(place: Place): ResourcePath {
  return { group: 'batch', version: 'v1', resource: 'jobs', ...place };
}

export function podPath(place: Place): ResourcePath {
  return { group: '', version: 'v1', resource: 'pods', ...place };
}

/** A query for the pods that the Job controller has made for it. */
export function podsOf({ name }: JobRef): { readonly labelSelector: string } {
  return { labelSelector: `batch.kubernetes.io/job-name=${name}` };
}

/** With the one member `waiting`, `running` or `terminated`; `undefined` before the kubelet has told. */
export function executorState(pod: KubernetesObject | undefined): unknown {
  return readPointer(pod, '/status/containerStatuses/0/state');
}

export function isTerminated(pod: KubernetesObject | undefined): boolean {
  return readPointer(executorState(pod), '/terminated') !== undefined;
}

/** Whether the executor's container runs or has run. */
export function hasStarted(pod: KubernetesObject): boolean {
  const state = executorState(pod);
  const startedAt = textAt(state, '/terminated/startedAt');
  return readPointer(state, '/running') !== undefined || (startedAt !== '' && !startedAt.startsWith(NEVER));
}
