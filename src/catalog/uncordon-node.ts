import type { z } from 'zod';
import type { Action } from './action.ts';
import { CHANGE_NODES, NODE, noParameters, planScheduling, readNodes, SCHEDULING_FIELDS } from './nodes.ts';

export const uncordonNode: Action<z.infer<typeof noParameters>> = {
  name: 'uncordon-node',
  aliases: ['uncordon'],
  summary: 'Marks a cordoned node as schedulable: it takes new pods again.',
  kinds: [NODE],
  parameters: noParameters,
  permissions: [CHANGE_NODES],
  writableFields: [SCHEDULING_FIELDS],
  scope: 'cluster',
  reversible: true,
  driftsFromSource: false,
  verifyTimeoutSeconds: 30,
  reads: readNodes,
  plan: (question, seen) => planScheduling(question, seen, false),
};
