/** PodDisruptionBudgets of policy/v1 as the eviction API reads them. Pure. */
import { conditionOf } from './conditions.ts';
import { selects } from './labels.ts';
import type { KubernetesObject, ResourcePath } from './objects.ts';
import { numberAt, readPointer, textAt } from './pointer.ts';

export const BUDGETS: ResourcePath = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };

/** A budget and those of the pods to be evicted that it must let go. */
export interface Demand {
  readonly budget: KubernetesObject;
  readonly pods: readonly KubernetesObject[];
}

/** The budgets that have a word on the pod's eviction; none is asked about a pod that has not started. */
export function budgetsOf(
  pod: KubernetesObject,
  budgets: readonly KubernetesObject[],
): readonly KubernetesObject[] {
  if (textAt(pod, '/status/phase') === 'Pending') return [];
  return budgets.filter(
    (budget) =>
      budget.metadata.namespace === pod.metadata.namespace &&
      selects(readPointer(budget, '/spec/selector'), pod.metadata.labels),
  );
}

/** Each budget once, with its pods that do not go freely. */
export function demandsOn(
  pods: readonly KubernetesObject[],
  budgets: readonly KubernetesObject[],
): readonly Demand[] {
  return budgets
    .map((budget) => ({
      budget,
      pods: pods.filter((pod) => budgetsOf(pod, [budget]).length > 0 && !goesFreely(pod, budget)),
    }))
    .filter((demand) => demand.pods.length > 0);
}

/** `unhealthyPodEvictionPolicy: AlwaysAllow` lets go of pods that are not Ready whatever else holds. */
function goesFreely(pod: KubernetesObject, budget: KubernetesObject): boolean {
  const policy = textAt(budget, '/spec/unhealthyPodEvictionPolicy');
  return policy === 'AlwaysAllow' && conditionOf(pod, 'Ready')?.status !== 'True';
}

/** Asks for all pods it expects, so that waiting does not help; not told while its controller is behind its spec. */
export function neverLetsGo(budget: KubernetesObject): boolean {
  const [wanted, expected] = [
    numberAt(budget, '/status/desiredHealthy'),
    numberAt(budget, '/status/expectedPods'),
  ];
  const isObserved = numberAt(budget, '/status/observedGeneration') >= (budget.metadata.generation ?? 0);
  return isObserved && expected > 0 && wanted >= expected;
}

export function disruptionsAllowed(budget: KubernetesObject): number {
  return numberAt(budget, '/status/disruptionsAllowed');
}

/** `poddisruptionbudget/web in shop (minAvailable 2)` */
export function sayBudget(budget: KubernetesObject): string {
  const rule = ['minAvailable', 'maxUnavailable']
    .filter((field) => textAt(budget, `/spec/${field}`) !== '')
    .map((field) => `${field} ${textAt(budget, `/spec/${field}`)}`);
  const { name, namespace = '' } = budget.metadata;
  return `poddisruptionbudget/${name} in ${namespace} (${rule.join(', ')})`;
}
