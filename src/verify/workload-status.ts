/** Numbers and conditions that the workload controllers report, read from one object. */

import { conditionOf } from '../plan/conditions.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { readPointer } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';

/** Whether the controller has seen the newest spec; before that its status tells of the old one. */
export function isObserved(workload: KubernetesObject): boolean {
  return numberAt(workload, '/status/observedGeneration') >= (workload.metadata.generation ?? 0);
}

/** 0 where the field is absent, as the API omits zeros. */
export function numberAt(object: unknown, pointer: string): number {
  const value = readPointer(object, pointer);
  return typeof value === 'number' ? value : 0;
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
  if (replicaFailure?.status === 'True') {
    const reasonCode = /quota|LimitRange|maximum|minimum/i.test(replicaFailure.message)
      ? 'quota-exceeded'
      : 'rollout-stuck';
    return { kind: 'failed', reasonCode, detail: `${replicaFailure.reason}: ${replicaFailure.message}` };
  }
  return undefined;
}
