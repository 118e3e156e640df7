import { onNode } from '../plan/nodes.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { NodeDrained } from '../plan/plan.ts';
import { isFinished, isOfDaemonSet, isStaticPod, sayPod } from '../plan/pods.ts';
import type { CheckState, View, Watched } from './check-state.ts';

export function judgeDrained(check: NodeDrained, view: View): CheckState {
  const pods = view.list(podsOnNode(check));
  const planned = new Set(check.uids);
  const late = pods.filter((pod) => !planned.has(pod.metadata.uid) && !view.isNew(pod) && isToGo(pod));
  if (late.length > 0) {
    const names = late.map(sayPod).toSorted().join(', ');
    return {
      kind: 'failed',
      reasonCode: 'conflict',
      detail: `${names} came to node/${check.node} after the drain was planned, and would stay on it. Plan again`,
    };
  }
  const left = pods.filter(({ metadata }) => planned.has(metadata.uid));
  if (left.length > 0) {
    const names = left.map(describe).toSorted().join(', ');
    return {
      kind: 'pending',
      detail: `${left.length} of ${check.uids.length} pods have not ended: ${names}`,
    };
  }
  const newcomers = pods.filter((pod) => view.isNew(pod) && isToGo(pod)).map(sayPod);
  const gone = `${check.uids.length} pods have left node/${check.node}`;
  return {
    kind: 'met',
    detail:
      newcomers.length === 0
        ? gone
        : `${gone}; new on it since the drain began: ${newcomers.toSorted().join(', ')}`,
  };
}

export function podsOnNode({ node }: NodeDrained): Watched {
  return { path: { group: '', version: 'v1', resource: 'pods' }, fieldSelector: onNode(node) };
}

/** Whether a drain would have it evicted. */
function isToGo(pod: KubernetesObject): boolean {
  const isAtHome = isOfDaemonSet(pod) || isStaticPod(pod) || isFinished(pod);
  return !isAtHome && pod.metadata.deletionTimestamp === undefined;
}

function describe(pod: KubernetesObject): string {
  const since = pod.metadata.deletionTimestamp;
  return since === undefined ? sayPod(pod) : `${sayPod(pod)} (to end by ${since})`;
}
