import { BUDGETS, disruptionsAllowed, sayBudget } from '../plan/budgets.ts';
import { conditionOf } from '../plan/conditions.ts';
import { selects } from '../plan/labels.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { readPointer } from '../plan/pointer.ts';
import { type Gate, type GateInput, pass } from './gate.ts';

/** The API server asks budgets about evictions alone: a deletion would break one unseen. */
export const disruptionBudget: Gate = {
  name: 'disruption-budget',
  judge(input) {
    const deleted = deletedPods(input);
    if (deleted.length === 0) return pass(this.name, 'the plan deletes no pod');
    const pods = deleted.map((path) => input.seen.get(path)).filter((pod) => pod !== undefined);
    const budgets = input.seen.list({ ...BUDGETS, namespace: input.namespace });
    if (budgets === undefined || pods.length < deleted.length) {
      return {
        gate: this.name,
        verdict: 'unknown',
        reasonCode: 'permission-unknown',
        message: 'the PodDisruptionBudgets of the namespace are not known',
        remedy: "Let the action's ServiceAccount list poddisruptionbudgets.policy there.",
      };
    }
    const broken = budgets.filter((budget) => pods.some((pod) => pod !== null && breaks(pod, budget)));
    if (broken.length === 0) return pass(this.name, 'no disruption budget stands against it');
    return {
      gate: this.name,
      verdict: input.options.force ? 'warn' : 'refuse',
      reasonCode: 'disruption-budget',
      message: `${broken.map(sayBudget).join(', ')} allows no disruption now`,
      remedy: 'Wait until more of its pods are ready, or set the input force.',
    };
  },
};

function deletedPods({ draft }: GateInput): readonly ResourcePath[] {
  return draft.requests
    .filter(({ verb, path }) => verb === 'delete' && path.group === '' && path.resource === 'pods')
    .map(({ path }) => path);
}

/** A pod that is not Ready is none of those that a budget counts as healthy. */
function breaks(pod: KubernetesObject, budget: KubernetesObject): boolean {
  return (
    conditionOf(pod, 'Ready')?.status === 'True' &&
    selects(readPointer(budget, '/spec/selector'), pod.metadata.labels) &&
    disruptionsAllowed(budget) < 1
  );
}
