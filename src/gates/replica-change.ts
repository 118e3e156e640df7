import type { FieldChange, PlannedRequest } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import { replicasLostWith } from '../plan/replicas.ts';
import { type Gate, type GateInput, pass } from './gate.ts';

const REPLICAS = '/spec/replicas';
/** Only kinds of others leave the number out; how many they then run is what there are. */
const RUNNING = '/status/replicas';
/** By the API's convention. */
const UNSTATED = 1;

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
  const live = seen.get(effect.object);
  return effect.fields
    .filter(({ pointer }) => `${REPLICAS}/`.startsWith(`${pointer}/`))
    .flatMap((field) => changeBy(field, live));
}

/** The field is the replicas, or what they are in. */
function changeBy({ pointer, before, after }: FieldChange, live: unknown): readonly number[] {
  const [from, to] = [before, after].map((value) => readPointer(value, REPLICAS.slice(pointer.length)));
  if (from === undefined && to === undefined) return [];
  const change = Math.abs(Number(to ?? UNSTATED) - Number(from ?? readPointer(live, RUNNING) ?? UNSTATED));
  return Number.isNaN(change) ? [] : [change];
}
