import { canTakeOver, NODES } from '../plan/nodes.ts';
import { type Gate, type GateInput, pass } from './gate.ts';

/** Without another node the pods that end here start nowhere. */
export const lastSchedulableNode: Gate = {
  name: 'last-schedulable-node',
  judge(input) {
    if (!empties(input))
      return pass(this.name, 'the plan takes no node out of scheduling, and no pod off one');
    const nodes = input.seen.list(NODES);
    const node = nodes?.find(({ metadata }) => metadata.uid === input.draft.target.uid);
    if (nodes === undefined || node === undefined) {
      return {
        gate: this.name,
        verdict: 'unknown',
        reasonCode: 'permission-unknown',
        message: `the nodes beside node/${input.draft.target.name} are not known`,
        remedy: "Let the action's ServiceAccount list nodes.",
      };
    }
    const others = nodes.filter((other) => canTakeOver(other, node));
    if (others.length > 0) return pass(this.name, `${others.length} other nodes take its pods`);
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'node-protected',
      message: `no other node takes the pods of node/${node.metadata.name}: of ${nodes.length} nodes none beside it is Ready, schedulable and free of further taints`,
      remedy: 'Uncordon, repair or add another node first.',
    };
  },
};

/** A node that was cordoned earlier is not cordoned again before its pods are evicted. */
function empties({ draft }: GateInput): boolean {
  return draft.requests.some(
    ({ verb, effect }) =>
      verb === 'evict' ||
      (effect.kind === 'fields' &&
        effect.object.resource === 'nodes' &&
        effect.fields.some((field) => field.pointer === '/spec/unschedulable' && field.after === true)),
  );
}
