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
    const { said, remedy } = sayOwner(owner);
    return {
      gate: this.name,
      verdict: input.options.force ? 'warn' : 'refuse',
      reasonCode: 'autoscaler-managed',
      message: `${said} and would set the replicas again within seconds`,
      remedy,
    };
  },
};

/** KEDA makes the autoscaler from a ScaledObject and writes it anew: what is to be changed is that one. */
function sayOwner(hpa: KubernetesObject): { readonly said: string; readonly remedy: string } {
  const { name, ownerReferences = [] } = hpa.metadata;
  const from = textAt(hpa, '/spec/minReplicas') || '1';
  const limits = `between ${from} and ${textAt(hpa, '/spec/maxReplicas')}`;
  const scaled = ownerReferences.find(
    ({ kind, apiVersion }) => kind === 'ScaledObject' && apiVersion.startsWith('keda.sh/'),
  );
  if (!scaled) {
    return {
      said: `horizontalpodautoscaler/${name} scales the target ${limits}`,
      remedy: `Change minReplicas or maxReplicas of horizontalpodautoscaler/${name}, or set the input force.`,
    };
  }
  return {
    said: `KEDA's scaledobject/${scaled.name} scales the target ${limits}, by horizontalpodautoscaler/${name},`,
    remedy: `Change minReplicaCount or maxReplicaCount of scaledobject/${scaled.name}, pause it by its annotation autoscaling.keda.sh/paused-replicas, or set the input force.`,
  };
}

function changesReplicas({ draft }: GateInput): boolean {
  return draft.requests.some((request) => request.path.subresource === 'scale');
}

function scales(hpa: KubernetesObject, { draft }: GateInput): boolean {
  return (
    readPointer(hpa, '/spec/scaleTargetRef/kind') === draft.target.kind &&
    readPointer(hpa, '/spec/scaleTargetRef/name') === draft.target.name
  );
}
