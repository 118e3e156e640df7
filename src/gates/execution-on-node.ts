import { LABEL } from '../plan/names.ts';
import { onNode } from '../plan/nodes.ts';
import { ALL_PODS, isFinished } from '../plan/pods.ts';
import { type Gate, pass } from './gate.ts';

/** An executor that is evicted leaves its target half done. */
export const executionOnNode: Gate = {
  name: 'execution-on-node',
  judge({ draft, options, seen }) {
    const drained = draft.checks.find((check) => check.kind === 'node-drained');
    if (drained?.kind !== 'node-drained') return pass(this.name, 'the plan drains no node');
    const pods = seen.list(ALL_PODS, undefined, onNode(drained.node));
    if (pods === undefined) {
      return {
        gate: this.name,
        verdict: 'unknown',
        reasonCode: 'permission-unknown',
        message: `the pods on node/${drained.node} are not known`,
        remedy: "Let the action's ServiceAccount list pods of all namespaces.",
      };
    }
    const running = pods
      .filter(({ metadata }) => metadata.namespace === options.jobNamespace)
      .filter((pod) => !isFinished(pod))
      .flatMap(({ metadata }) => metadata.labels?.[LABEL.executionId] ?? []);
    if (running.length === 0) return pass(this.name, 'no execution runs on the node');
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'locked',
      message: `other executions run on node/${drained.node}: ${running.toSorted().join(', ')}`,
      remedy: 'Wait for their end, or cancel them; then drain the node.',
    };
  },
};
