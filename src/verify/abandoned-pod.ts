import type { KubernetesObject } from '../plan/objects.ts';
import { partitionOf } from '../plan/partition.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { CheckState } from './check-state.ts';
import { whyNeverStarted } from './failing-pods.ts';

const REVISION = '/metadata/labels/controller-revision-hash';

/**
 * The controller of an ordered StatefulSet waits for a pod that can't start even when the template it came of is no
 * longer wanted: https://github.com/kubernetes/kubernetes/issues/67250. Only a person can end that pod.
 */
export function findAbandonedPod(
  workload: KubernetesObject,
  pods: readonly KubernetesObject[],
): CheckState | undefined {
  const wanted = wantedRevisions(workload);
  if (wanted.length === 0) return undefined;
  const stuck = pods.find(
    (pod) =>
      !wanted.includes(textAt(pod, REVISION)) &&
      pod.metadata.deletionTimestamp === undefined &&
      whyNeverStarted(pod) !== '',
  );
  if (!stuck) return undefined;
  const { name, namespace = '' } = stuck.metadata;
  return {
    kind: 'failed',
    reasonCode: 'rollout-stuck',
    detail: `pod/${name} never started (${whyNeverStarted(stuck)}), and its StatefulSet waits for it although its template is no longer wanted. Delete it, and the rollout goes on: kubectl delete pod ${name} -n ${namespace}`,
  };
}

/** Empty for workloads that don't wait. Below its partition a StatefulSet wants the old revision. */
function wantedRevisions(workload: KubernetesObject): readonly string[] {
  if (readPointer(workload, '/spec/podManagementPolicy') === 'Parallel') return [];
  const partition = partitionOf(workload);
  const names = partition > 0 ? ['updateRevision', 'currentRevision'] : ['updateRevision'];
  return names.map((name) => textAt(workload, `/status/${name}`)).filter((revision) => revision !== '');
}
