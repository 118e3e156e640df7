/** What has to be watched to judge a check. */
import type { ResourcePath } from '../plan/objects.ts';
import type { Check } from '../plan/plan.ts';
import type { Watched } from './check-state.ts';
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
