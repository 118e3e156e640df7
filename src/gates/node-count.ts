import { NODES } from '../plan/nodes.ts';
import { type Gate, pass } from './gate.ts';

const FEWEST = 3;

/** With fewer, one node would have to take all that ran on the drained one. */
export const nodeCount: Gate = {
  name: 'node-count',
  judge({ draft, seen }) {
    if (!draft.checks.some((check) => check.kind === 'node-drained'))
      return pass(this.name, 'the plan drains no node');
    const count = seen.list(NODES)?.length;
    if (count === undefined) {
      return {
        gate: this.name,
        verdict: 'unknown',
        reasonCode: 'permission-unknown',
        message: 'it is not known how many nodes there are',
        remedy: "Let the action's ServiceAccount list nodes.",
      };
    }
    if (count >= FEWEST) return pass(this.name, `there are ${count} nodes`);
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'node-protected',
      message: `there are ${count} nodes; a drain needs ${FEWEST}, so that two share what the third had`,
      remedy: 'Add a node first, or move single pods by hand.',
    };
  },
};
