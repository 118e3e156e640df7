/** Numbers and conditions that the workload controllers report, read from one object. */
import { conditionOf } from '../plan/conditions.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { numberAt, readPointer } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';
import { isPassing } from './passing.ts';

/** Whether the controller has seen the newest spec; before that its status tells of the old one. */
export function isObserved(workload: KubernetesObject): boolean {
  return numberAt(workload, '/status/observedGeneration') >= (workload.metadata.generation ?? 0);
}

/** Whether a Deployment's rollout may end old pods before new ones are available. */
export function endsOldPodsFirst(deployment: KubernetesObject): boolean {
  if (readPointer(deployment, '/spec/strategy/type') === 'Recreate') return true;
  const count = (field: string, round: (value: number) => number): number => {
    const value = readPointer(deployment, `/spec/strategy/rollingUpdate/${field}`) ?? '25%';
    const replicas = numberAt(deployment, '/spec/replicas');
    return typeof value === 'string' ? round((Number.parseFloat(value) / 100) * replicas) : Number(value);
  };
  // Where both come to nothing, the controller lets one be unavailable.
  return count('maxUnavailable', Math.floor) > 0 || count('maxSurge', Math.ceil) === 0;
}

/** The controller's word that pods can't be made (quota, LimitRange, PSA, webhook) or that it has given up. */
export function findFailedCondition(
  workload: KubernetesObject,
  view: View,
  path: ResourcePath,
): CheckState | undefined {
  const stuck = conditionOf(workload, 'Progressing');
  const stuckBefore = conditionOf(view.baseline(path), 'Progressing');
  if (stuck?.reason === 'ProgressDeadlineExceeded' && stuck.updated !== stuckBefore?.updated) {
    return {
      kind: 'failed',
      reasonCode: 'rollout-stuck',
      detail: `ProgressDeadlineExceeded: ${stuck.message}`,
    };
  }
  const replicaFailure = conditionOf(workload, 'ReplicaFailure');
  const failedBefore = conditionOf(view.baseline(path), 'ReplicaFailure');
  if (replicaFailure?.status === 'True') {
    const reasonCode = /quota|LimitRange|maximum|minimum/i.test(replicaFailure.message)
      ? 'quota-exceeded'
      : 'rollout-stuck';
    // The controller goes on showing an old ReplicaSet's failure until the new one has one of its own.
    const isOld = failedBefore?.status === 'True' && failedBefore.message === replicaFailure.message;
    const detail = `${replicaFailure.reason}: ${replicaFailure.message}`;
    return { kind: isOld || isPassing(replicaFailure.message) ? 'pending' : 'failed', reasonCode, detail };
  }
  return undefined;
}
