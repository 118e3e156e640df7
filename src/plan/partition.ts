import type { KubernetesObject } from './objects.ts';
import { readPointer } from './pointer.ts';

/** Of a StatefulSet: pods of a smaller number keep the template that they have. 0 for other kinds. */
export function partitionOf(workload: KubernetesObject): number {
  const partition = readPointer(workload, '/spec/updateStrategy/rollingUpdate/partition');
  return typeof partition === 'number' ? partition : 0;
}
