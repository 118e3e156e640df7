import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { type Gate, type GateInput, pass } from './gate.ts';

/** An autoscaler sets the replicas again within seconds (15 by default). KEDA works through one of these too. */
export const autoscaler: Gate = {
  name: 'autoscaler',
  judge(input) {
    if (!changesReplicas(input)) return pass(this.name, 'the plan does not change replicas');
    if (input.autoscalers === undefined) {
      return {
        gate: this.name,
        verdict: 'unknown',
        reasonCode: 'permission-unknown',
        message: 'the HorizontalPodAutoscalers of the namespace could not be listed',
        remedy: "Let the action's ServiceAccount list horizontalpodautoscalers.autoscaling there.",
      };
    }
    const owner = input.autoscalers.find((one) => scales(one, input));
    if (!owner) return pass(this.name, 'no autoscaler scales the target');
    const { name } = owner.metadata;
    const limits = `${textAt(owner, '/spec/minReplicas') || '1'} to ${textAt(owner, '/spec/maxReplicas')}`;
    return {
      gate: this.name,
      verdict: input.options.force ? 'warn' : 'refuse',
      reasonCode: 'autoscaler-managed',
      message: `horizontalpodautoscaler/${name} scales the target between ${limits} and would set the replicas again within seconds`,
      remedy: `Change minReplicas or maxReplicas of horizontalpodautoscaler/${name}, or set the input force.`,
    };
  },
};

function changesReplicas({ draft }: GateInput): boolean {
  return draft.requests.some((request) => request.path.subresource === 'scale');
}

function scales(hpa: KubernetesObject, { draft }: GateInput): boolean {
  return (
    readPointer(hpa, '/spec/scaleTargetRef/kind') === draft.target.kind &&
    readPointer(hpa, '/spec/scaleTargetRef/name') === draft.target.name
  );
}
