/** What has to be watched to judge a check. */
import { controllerOf, type KubernetesObject, type ResourcePath } from '../plan/objects.ts';
import type { Check } from '../plan/plan.ts';
import { isFinished } from '../plan/pods.ts';
import type { View, Watched } from './check-state.ts';
import { podsOnNode } from './node-drained.ts';

export function watchedBy(check: Check): readonly Watched[] {
  switch (check.kind) {
    case 'fields-equal':
    case 'object-exists':
    case 'object-gone':
    case 'condition-true':
      return [{ path: check.object }];
    case 'replicas-available':
    case 'rollout-complete':
      return [{ path: check.object }, podsOf(check)];
    case 'pod-replaced':
      return [podsOf(check)];
    case 'node-drained':
      return [podsOnNode(check)];
  }
}

/** The pods that a selector takes in the check's namespace. */
export function podsOf(
  check: { readonly podSelector: string } & (
    | { readonly object: ResourcePath }
    | { readonly namespace: string }
  ),
): Watched {
  const namespace = 'object' in check ? check.object.namespace : check.namespace;
  return {
    path: { group: '', version: 'v1', resource: 'pods', ...(namespace === undefined ? {} : { namespace }) },
    labelSelector: check.podSelector,
  };
}

/**
 * Those of them that count for the workload. One that has ended (evicted by the kubelet, on a node that shuts down)
 * stays beside its successor, https://github.com/kubernetes/kubernetes/issues/99986, and a Job's may bear the same labels.
 */
export function podsFor(
  check: Parameters<typeof podsOf>[0],
  view: Pick<View, 'list'>,
): readonly KubernetesObject[] {
  return view.list(podsOf(check)).filter((pod) => !isFinished(pod) && controllerOf(pod)?.kind !== 'Job');
}
