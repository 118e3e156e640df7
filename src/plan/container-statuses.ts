import type { KubernetesObject } from './objects.ts';
import { readPointer } from './pointer.ts';

/** What the kubelet says of all containers of a pod, debug containers too, in the order in which they began. */
export function containerStatusesOf(pod: KubernetesObject): readonly unknown[] {
  return [...workStatusesOf(pod), ...statusesIn(pod, 'ephemeralContainerStatuses')];
}

/** Those that are the pod's work: init containers too, of which some go on running, but none that somebody debugs with. */
export function workStatusesOf(pod: KubernetesObject): readonly unknown[] {
  return ['initContainerStatuses', 'containerStatuses'].flatMap((list) => statusesIn(pod, list));
}

function statusesIn(pod: KubernetesObject, list: string): readonly unknown[] {
  const statuses = readPointer(pod, `/status/${list}`);
  return Array.isArray(statuses) ? statuses : [];
}
