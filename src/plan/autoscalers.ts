import type { ResourcePath } from './objects.ts';

/** KEDA works through these too. */
export const AUTOSCALERS: ResourcePath = {
  group: 'autoscaling',
  version: 'v2',
  resource: 'horizontalpodautoscalers',
};
