import type { z } from 'zod';
import type { Action } from './action.ts';
import { CHANGE_NODES, NODE, noParameters, planScheduling, readNodes, SCHEDULING_FIELDS } from './nodes.ts';

export const cordonNode: Action<z.infer<typeof noParameters>> = {
  name: 'cordon-node',
  aliases: ['cordon'],
  summary: 'Marks a node as unschedulable: it takes no new pods, and those on it stay.',
  kinds: [NODE],
  parameters: noParameters,
  permissions: [CHANGE_NODES],
  writableFields: [SCHEDULING_FIELDS],
  scope: 'cluster',
  reversible: true,
  driftsFromSource: false,
  verifyTimeoutSeconds: 30,
  reads: readNodes,
  plan: (question, seen) => planScheduling(question, seen, true),
};
