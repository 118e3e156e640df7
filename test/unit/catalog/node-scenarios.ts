/** The ways that the actions on nodes can go. */
import { cordonNode } from '../../../src/catalog/cordon-node.ts';
import { drainNode } from '../../../src/catalog/drain-node.ts';
import { uncordonNode } from '../../../src/catalog/uncordon-node.ts';
import { budget, daemonSet, node, ownedBy, pod } from './cluster-objects.ts';
import type { Scenario } from './scenarios.ts';

const others = [node('node-2'), node('node-3')];
const cordoned = node('node-1', { spec: { unschedulable: true } });

const onNode = { spec: { nodeName: 'node-1' } };
const agent = pod('agent-x', {
  ...onNode,
  metadata: { ownerReferences: ownedBy('DaemonSet', 'agent', 'uid-daemonset') },
});
const drained = [pod('web-a', onNode), pod('web-b', onNode), agent, daemonSet(), budget('web')];

export const nodeScenarios: readonly Scenario[] = [
  {
    name: 'cordon-node',
    action: cordonNode,
    asking: { name: 'node-1' },
    objects: [node('node-1'), ...others],
  },
  {
    name: 'cordon-node of a cordoned one',
    action: cordonNode,
    asking: { name: 'node-1' },
    objects: [cordoned],
  },
  { name: 'uncordon-node', action: uncordonNode, asking: { name: 'node-1' }, objects: [cordoned, ...others] },
  {
    name: 'uncordon-node of a schedulable one',
    action: uncordonNode,
    asking: { name: 'node-1' },
    objects: [node('node-1')],
  },
  {
    name: 'drain-node',
    action: drainNode,
    asking: { name: 'node-1' },
    objects: [node('node-1'), ...others, ...drained],
  },
  {
    name: 'drain-node of a cordoned one',
    action: drainNode,
    asking: { name: 'node-1', parameters: { 'grace-period-seconds': 5 } },
    objects: [cordoned, ...others, ...drained],
  },
  {
    name: 'drain-node of an empty one',
    action: drainNode,
    asking: { name: 'node-1' },
    objects: [cordoned, ...others, agent, daemonSet()],
  },
];
