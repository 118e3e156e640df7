/** The ways that the actions on nodes can go. */
import { cordonNode } from '../../../src/catalog/cordon-node.ts';
import { uncordonNode } from '../../../src/catalog/uncordon-node.ts';
import { node } from './cluster-objects.ts';
import type { Scenario } from './scenarios.ts';

const others = [node('node-2'), node('node-3')];
const cordoned = node('node-1', { spec: { unschedulable: true } });

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
];
