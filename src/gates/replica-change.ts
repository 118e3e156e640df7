import { type Gate, pass } from './gate.ts';

/** The budget `max-replica-change`, where one was given. */
export const replicaChange: Gate = {
  name: 'replica-change',
  judge({ draft, options }) {
    const most = options.maxReplicaChange;
    if (most === undefined) return pass(this.name, 'max-replica-change is not set');
    const changes = draft.requests.flatMap(({ effect }) => (effect.kind === 'fields' ? effect.fields : []));
    const largest = Math.max(
      0,
      ...changes
        .filter((field) => field.pointer === '/spec/replicas')
        .map((field) => Math.abs(Number(field.after) - Number(field.before))),
    );
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
