import type { KubernetesObject } from './objects.ts';
import { readPointer } from './pointer.ts';

/** `spec.replicas`, which the API server defaults to 1. */
export function replicasOf(workload: KubernetesObject): number {
  const replicas = readPointer(workload, '/spec/replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

/** How many replicas go with an object that is deleted: none for kinds that have none, of a DaemonSet its pods. */
export function replicasLostWith(live: KubernetesObject): number {
  const counts = ['/status/desiredNumberScheduled', '/spec/replicas'].map((at) => readPointer(live, at));
  return counts.find((count) => typeof count === 'number') ?? 0;
}
