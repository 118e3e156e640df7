import { AUTOSCALERS } from '../plan/autoscalers.ts';
import { type KubernetesObject, type ObjectRef, say } from '../plan/objects.ts';
import type { PlannedRequest } from '../plan/plan.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { type Gate, type GateInput, pass } from './gate.ts';

/** An autoscaler sets the replicas again within seconds (15 by default). KEDA works through one of these too. */
export const autoscaler: Gate = {
  name: 'autoscaler',
  judge(input) {
    const scaled = input.draft.requests.flatMap((request) => scaledBy(request, input));
    if (scaled.length === 0) return pass(this.name, 'the plan does not change replicas');
    const known = scaled.map((workload) => ({ workload, autoscalers: autoscalersOf(workload, input) }));
    if (known.some(({ autoscalers }) => autoscalers === undefined)) {
      return {
        gate: this.name,
        verdict: 'unknown',
        reasonCode: 'permission-unknown',
        message: 'the HorizontalPodAutoscalers of the namespace could not be listed',
        remedy: "Let the action's ServiceAccount list horizontalpodautoscalers.autoscaling there.",
      };
    }
    const owned = known.flatMap(({ workload, autoscalers = [] }) =>
      autoscalers.filter((one) => scales(one, workload)).map((owner) => sayOwner(owner, workload, input)),
    );
    if (owned.length === 0) return pass(this.name, 'no autoscaler scales the target');
    return {
      gate: this.name,
      verdict: input.options.force ? 'warn' : 'refuse',
      reasonCode: 'autoscaler-managed',
      message: `${owned.map(({ said }) => said).join('; ')} and would set the replicas again within seconds`,
      remedy: `${owned.map(({ remedy }) => remedy).join('; ')}, or set the input force.`,
    };
  },
};

/** KEDA makes the autoscaler from a ScaledObject and writes it anew: what is to be changed is that one. */
function sayOwner(
  hpa: KubernetesObject,
  workload: ObjectRef,
  { draft }: GateInput,
): { readonly said: string; readonly remedy: string } {
  const { name, ownerReferences = [] } = hpa.metadata;
  const isTarget = workload.kind === draft.target.kind && workload.name === draft.target.name;
  const from = textAt(hpa, '/spec/minReplicas') || '1';
  const limits = `${isTarget ? 'the target' : say(workload)} between ${from} and ${textAt(hpa, '/spec/maxReplicas')}`;
  const scaled = ownerReferences.find(
    ({ kind, apiVersion }) => kind === 'ScaledObject' && apiVersion.startsWith('keda.sh/'),
  );
  if (!scaled) {
    return {
      said: `horizontalpodautoscaler/${name} scales ${limits}`,
      remedy: `Change minReplicas or maxReplicas of horizontalpodautoscaler/${name}`,
    };
  }
  return {
    said: `KEDA's scaledobject/${scaled.name} scales ${limits}, by horizontalpodautoscaler/${name},`,
    remedy: `Change minReplicaCount or maxReplicaCount of scaledobject/${scaled.name}, pause it by its annotation autoscaling.keda.sh/paused-replicas`,
  };
}

/** The workload whose replicas a request changes: the target's by its scale, or those of an object of a manifest. */
function scaledBy({ path, body, effect }: PlannedRequest, { draft }: GateInput): readonly ObjectRef[] {
  if (path.subresource === 'scale') return [draft.target];
  const isScaled =
    effect.kind === 'fields' && effect.fields.some(({ pointer }) => pointer === '/spec/replicas');
  const [apiVersion, kind] = [textAt(body, '/apiVersion'), textAt(body, '/kind')];
  if (!isScaled || kind === '') return [];
  const where = path.namespace === undefined ? {} : { namespace: path.namespace };
  return [{ apiVersion, kind, ...where, name: path.name ?? '' }];
}

/** Those of other namespaces than the run's are read by the action itself. */
function autoscalersOf({ namespace }: ObjectRef, input: GateInput): GateInput['autoscalers'] {
  if (namespace === undefined || namespace === input.namespace) return input.autoscalers;
  return input.seen.list({ ...AUTOSCALERS, namespace });
}

function scales(hpa: KubernetesObject, { kind, name }: ObjectRef): boolean {
  return (
    readPointer(hpa, '/spec/scaleTargetRef/kind') === kind &&
    readPointer(hpa, '/spec/scaleTargetRef/name') === name
  );
}
