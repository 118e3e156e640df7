import type { z } from 'zod';
import type { Action } from './action.ts';
import { cordonNode } from './cordon-node.ts';
import { type noParameters, planScheduling } from './nodes.ts';

export const uncordonNode: Action<z.infer<typeof noParameters>> = {
  ...cordonNode,
  name: 'uncordon-node',
  aliases: ['uncordon'],
  summary: 'Marks a cordoned node as schedulable: it takes new pods again.',
  plan: (question, seen) => planScheduling(question, seen, false),
};
