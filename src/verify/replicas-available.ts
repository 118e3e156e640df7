import type { KubernetesObject } from '../plan/objects.ts';
import type { ReplicasAvailable } from '../plan/plan.ts';
import { numberAt, readPointer } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';
import { findFailingPod, isReady, waitFor } from './failing-pods.ts';
import { podsFor } from './watched-by.ts';
import { findFailedCondition, isObserved } from './workload-status.ts';

export function judgeReplicas(check: ReplicasAvailable, view: View): CheckState {
  const workload = view.object(check.object);
  if (!workload) return { kind: 'failed', reasonCode: 'target-not-found', detail: 'the workload is gone' };
  const asked = readPointer(workload, '/spec/replicas');
  if (asked !== check.replicas) {
    return {
      kind: 'failed',
      reasonCode: 'conflict',
      detail: `spec.replicas is ${String(asked)}, no longer ${check.replicas}: somebody else scales it`,
    };
  }
  if (!isObserved(workload)) return { kind: 'pending', detail: 'the controller has not seen the change yet' };
  const all = numberAt(workload, '/status/replicas');
  const available = numberAt(workload, '/status/availableReplicas');
  const isExact = all === check.replicas || (all > check.replicas && isSurging(view.baseline(check.object)));
  if (isExact && available === check.replicas) {
    return { kind: 'met', detail: `${available} of ${check.replicas} replicas are available` };
  }
  const pods = podsFor(check, view);
  const trouble = findFailingPod(pods, view) ?? findFailedCondition(workload, view, check.object);
  if (trouble) return trouble;
  const waiting = pods.find((pod) => view.isNew(pod) && !isReady(pod));
  const counts = `${available} of ${check.replicas} replicas are available, ${all} exist`;
  return waitFor(waiting, counts);
}

/** Amid a rollout, or stuck in one, it has more pods than it wants, and keeps them whatever its scale. */
function isSurging(workload: KubernetesObject | null): boolean {
  return numberAt(workload, '/status/replicas') > Number(readPointer(workload, '/spec/replicas') ?? 1);
}
