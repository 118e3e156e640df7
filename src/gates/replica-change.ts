import type { PlannedRequest } from '../plan/plan.ts';
import { replicasLostWith } from '../plan/risk.ts';
import { type Gate, type GateInput, pass } from './gate.ts';

/** The budget `max-replica-change`, where one was given. */
export const replicaChange: Gate = {
  name: 'replica-change',
  judge({ draft, options, seen }) {
    const most = options.maxReplicaChange;
    if (most === undefined) return pass(this.name, 'max-replica-change is not set');
    const largest = Math.max(0, ...draft.requests.flatMap((request) => changesBy(request, seen)));
    if (largest <= most) return pass(this.name, `the replicas change by ${largest}, at most ${most} may`);
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'replica-change-too-large',
      message: `the replicas would change by ${largest}; max-replica-change allows ${most}`,
      remedy: 'Go in smaller steps, or raise max-replica-change.',
    };
  },
};

/** With a deleted workload all its replicas go. */
function changesBy({ effect }: PlannedRequest, seen: GateInput['seen']): readonly number[] {
  if (effect.kind === 'gone') {
    const live = seen.get(effect.object);
    return live ? [replicasLostWith(live)] : [];
  }
  if (effect.kind !== 'fields') return [];
  return effect.fields
    .filter((field) => field.pointer === '/spec/replicas')
    .map((field) => Math.abs(Number(field.after) - Number(field.before)));
}
