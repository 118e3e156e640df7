/** What pods are and what becomes of them. Pure. */
import { controllerOf, type KubernetesObject, type ResourcePath } from './objects.ts';
import { readPointer, textAt } from './pointer.ts';

export const ALL_PODS: ResourcePath = { group: '', version: 'v1', resource: 'pods' };

/** Kept by the kubelet from a file, shown by a mirror in the API: it can't be evicted. */
export function isStaticPod(pod: KubernetesObject): boolean {
  const owner = controllerOf(pod);
  return (
    pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined ||
    (owner?.kind === 'Node' && owner.apiVersion === 'v1')
  );
}

/** Its controller puts a new pod on the same node, cordoned or not. */
export function isOfDaemonSet(pod: KubernetesObject): boolean {
  const owner = controllerOf(pod);
  return owner?.kind === 'DaemonSet' && owner.apiVersion.startsWith('apps/');
}

export function isFinished(pod: KubernetesObject): boolean {
  const phase = textAt(pod, '/status/phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

/** `shop/web-5d4f8c7b9d-x2x7k` */
export function sayPod({ metadata: { namespace, name } }: KubernetesObject): string {
  return `${namespace ?? ''}/${name}`;
}

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
