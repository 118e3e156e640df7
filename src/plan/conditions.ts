/** `status.conditions`, which every kind that has them writes in the same form. */
import type { KubernetesObject } from './objects.ts';
import { readPointer, textAt } from './pointer.ts';

export interface Condition {
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** When it was last written, or last changed where the kind says only that. */
  readonly updated: string;
}

/** `undefined` while the controller has not said anything on it. */
export function conditionOf(object: KubernetesObject | null, type: string): Condition | undefined {
  const conditions = readPointer(object, '/status/conditions');
  const found: unknown = Array.isArray(conditions)
    ? conditions.find((one) => textAt(one, '/type') === type)
    : undefined;
  if (found === undefined) return undefined;
  return {
    status: textAt(found, '/status'),
    reason: textAt(found, '/reason'),
    message: textAt(found, '/message'),
    updated: textAt(found, '/lastUpdateTime') || textAt(found, '/lastTransitionTime'),
  };
}
