/** All gates there are; adding one is a file of its own and a line here. */
import { approval } from './approval.ts';
import { autoscaler } from './autoscaler.ts';
import { controlPlane } from './control-plane.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { executionOnNode } from './execution-on-node.ts';
import { expectedUid } from './expected-uid.ts';
import type { Gate, GateInput, GateVerdict } from './gate.ts';
import { gitopsOwnership } from './gitops-ownership.ts';
import { helmOwnership } from './helm-ownership.ts';
import { lastSchedulableNode } from './last-schedulable-node.ts';
import { nodeCount } from './node-count.ts';
import { protectedNamespace } from './protected-namespace.ts';
import { replicaChange } from './replica-change.ts';
import { riskLimit } from './risk-limit.ts';

const gates: readonly Gate[] = [
  expectedUid,
  protectedNamespace,
  controlPlane,
  lastSchedulableNode,
  nodeCount,
  executionOnNode,
  disruptionBudget,
  gitopsOwnership,
  helmOwnership,
  autoscaler,
  replicaChange,
  riskLimit,
  approval,
];

/** Every gate's word, also after a refusal: all problems at once. */
export function judgeGates(input: GateInput): readonly GateVerdict[] {
  return gates.map((gate) => gate.judge(input));
}
