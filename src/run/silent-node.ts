/**
 * An executor on a node that has stopped reporting: nobody hears of its container any more, but it may go on. While it
 * does, it renews its locks.
 */
import type { ApiServer } from '../cluster/api.ts';
import { listObjects } from '../cluster/typed.ts';
import { holderOf, leasePath } from '../execute/lease.ts';
import { conditionOf } from '../plan/conditions.ts';
import { LOCK_NAMESPACE } from '../plan/names.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';

/** An executor renews every five seconds. */
const RENEWAL_MS = 8_000;

/** Since when, by our own clock, the locks have been seen as they are. */
export interface Silence {
  readonly sinceMs: number;
  readonly locks: string;
}

/** The node controller takes the pod's Ready back, and leaves what the kubelet had said of its containers. */
export function isNodeSilent(pod: KubernetesObject | undefined): pod is KubernetesObject {
  return (
    pod !== undefined &&
    conditionOf(pod, 'Ready')?.status === 'False' &&
    conditionOf(pod, 'ContainersReady')?.status === 'True' &&
    readPointer(pod, '/status/containerStatuses/0/state/running') !== undefined
  );
}

/** The silence from now on; the same as before while no lock is renewed, or nobody can be asked about it. */
export async function listen(
  api: ApiServer,
  pod: KubernetesObject,
  before: Silence | undefined,
): Promise<Silence | undefined> {
  const leases = await listObjects(api, leasePath(LOCK_NAMESPACE), {}).catch(() => undefined);
  if (!leases) return before;
  const locks = leases.items
    .filter((lease) => holderOf(lease).endsWith(`/${pod.metadata.uid}`))
    .map(({ metadata }) => metadata.resourceVersion)
    .join();
  return before?.locks === locks ? before : { sinceMs: performance.now(), locks };
}

export function isTooLong({ sinceMs }: Silence): boolean {
  return performance.now() - sinceMs > RENEWAL_MS;
}

/** What is wrong, on which object. */
export function describeSilence(pod: KubernetesObject): string {
  return `node ${textAt(pod, '/spec/nodeName')} of pod/${pod.metadata.name} does not report any more (its kubelet is down, or cut off)`;
}
