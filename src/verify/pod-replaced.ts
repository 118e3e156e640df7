import type { PodReplaced } from '../plan/plan.ts';
import type { CheckState, View } from './check-state.ts';
import { describePod, findFailingPod, isReady } from './failing-pods.ts';
import { podsOf } from './watched-by.ts';

export function judgePodReplaced(check: PodReplaced, view: View): CheckState {
  const pods = view.list(podsOf(check));
  const known = new Set([check.uid, ...check.siblings]);
  const successors = pods.filter(
    (pod) =>
      !known.has(pod.metadata.uid) &&
      pod.metadata.ownerReferences?.some((owner) => owner.uid === check.controllerUid) === true,
  );
  const trouble = findFailingPod(successors, view);
  if (trouble) return trouble;
  if (pods.some((pod) => pod.metadata.uid === check.uid)) {
    return { kind: 'pending', detail: `pod/${check.podName} has not ended yet` };
  }
  const ready = successors.find(isReady);
  if (ready)
    return { kind: 'met', detail: `pod/${ready.metadata.name} is Ready in place of pod/${check.podName}` };
  const waiting = successors[0];
  return {
    kind: 'pending',
    detail: waiting ? describePod(waiting) : 'its controller has made no new pod yet',
  };
}
