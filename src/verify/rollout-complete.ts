import { sameJson } from '../plan/canonical.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { partitionOf } from '../plan/partition.ts';
import type { FieldChange, RolloutComplete } from '../plan/plan.ts';
import { numberAt, readPointer } from '../plan/pointer.ts';
import { findAbandonedPod } from './abandoned-pod.ts';
import type { CheckState, View } from './check-state.ts';
import { findFailingPod, isReady, waitFor } from './failing-pods.ts';
import { sayFields } from './fields-equal.ts';
import { podsFor } from './watched-by.ts';
import { endsOldPodsFirst, findFailedCondition, isObserved } from './workload-status.ts';

/** The rules of `kubectl rollout status`, and an early end where waiting can't help. */
export function judgeRollout(check: RolloutComplete, view: View): CheckState {
  const workload = view.object(check.object);
  if (!workload) return { kind: 'failed', reasonCode: 'target-not-found', detail: 'the workload is gone' };
  const moved = (check.written ?? []).filter((field) => !isAsWritten(field, workload));
  if (moved.length > 0) {
    const detail = `${sayFields(moved)} is no longer as it was written: somebody else has changed it`;
    return { kind: 'failed', reasonCode: 'conflict', detail };
  }
  if (!isObserved(workload)) return { kind: 'pending', detail: 'the controller has not seen the change yet' };
  const missing = whatIsMissing(check.object.resource, workload);
  if (missing === '') return { kind: 'met', detail: sayComplete(workload) };
  const pods = podsFor(check, view);
  const trouble =
    findAbandonedPod(workload, pods) ??
    findFailingPod(pods, view) ??
    findFailedRollout(workload, view, check.object);
  return (
    trouble ??
    waitFor(
      pods.find((pod) => view.isNew(pod) && !isReady(pod)),
      missing,
    )
  );
}

/** A time is as it was written also where it is a later one: whoever has restarted it again has restarted it. */
function isAsWritten({ pointer, after }: FieldChange, workload: KubernetesObject): boolean {
  const live = readPointer(workload, pointer);
  return sameJson(live, after) || (isTime(live) && isTime(after) && live > after);
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value);
}

function sayComplete(workload: KubernetesObject): string {
  const partition = partitionOf(workload);
  return partition > 0
    ? `every pod from number ${partition} on is of the current template, below the partition none need be, and all are ready`
    : 'every pod is of the current template and available';
}

/** A quota that is full of old pods has room for new ones once the old ones end, if they may end first. */
function findFailedRollout(
  workload: KubernetesObject,
  view: View,
  path: RolloutComplete['object'],
): CheckState | undefined {
  const failed = findFailedCondition(workload, view, path);
  return failed?.kind === 'failed' && isQuotaFull(failed.detail) && endsOldPodsFirst(workload)
    ? { ...failed, kind: 'pending' }
    : failed;
}

function isQuotaFull(message: string): boolean {
  return message.includes('exceeded quota');
}

/** The empty string when nothing is. */
function whatIsMissing(resource: string, workload: KubernetesObject): string {
  switch (resource) {
    case 'deployments':
      return missingOfDeployment(workload);
    case 'statefulsets':
      return missingOfStatefulSet(workload);
    default:
      return missingOfDaemonSet(workload);
  }
}

function missingOfDeployment(deployment: KubernetesObject): string {
  const wanted = Number(readPointer(deployment, '/spec/replicas') ?? 1);
  const updated = numberAt(deployment, '/status/updatedReplicas');
  const all = numberAt(deployment, '/status/replicas');
  const available = numberAt(deployment, '/status/availableReplicas');
  if (updated < wanted) return `${updated} of ${wanted} pods are of the new template`;
  if (all > updated) return `${all - updated} old pods have not ended yet`;
  if (available < updated) return `${available} of ${updated} pods are available`;
  return '';
}

function missingOfStatefulSet(set: KubernetesObject): string {
  const wanted = Number(readPointer(set, '/spec/replicas') ?? 1);
  const ready = numberAt(set, '/status/readyReplicas');
  const updated = numberAt(set, '/status/updatedReplicas');
  const partition = partitionOf(set);
  const expected = Math.max(0, wanted - partition);
  if (ready < wanted) return `${ready} of ${wanted} pods are ready`;
  // Not by the revisions alone: a template that is put back amid a rollout has both agree before a pod is replaced.
  if (updated < expected) {
    return partition > 0
      ? `${updated} of ${expected} pods above the partition are updated`
      : `${updated} of ${wanted} pods are updated`;
  }
  if (partition > 0) return '';
  const current = readPointer(set, '/status/currentRevision');
  return current === readPointer(set, '/status/updateRevision')
    ? ''
    : `${updated} of ${wanted} pods are updated`;
}

function missingOfDaemonSet(set: KubernetesObject): string {
  const wanted = numberAt(set, '/status/desiredNumberScheduled');
  const updated = numberAt(set, '/status/updatedNumberScheduled');
  const available = numberAt(set, '/status/numberAvailable');
  if (updated < wanted) return `${updated} of ${wanted} pods are of the new template`;
  return available < wanted ? `${available} of ${wanted} pods are available` : '';
}
