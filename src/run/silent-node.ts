/**
 * An executor on a node that has stopped reporting: nobody hears of its container any more, but it may go on. While it
 * does, it renews its locks.
 */
import type { ApiServer } from '../cluster/api.ts';
import type { Bell } from '../cluster/bell.ts';
import { listObjects } from '../cluster/typed.ts';
import { watchCollection } from '../cluster/watch.ts';
import { executorState } from '../job/execution-job.ts';
import { holderOf, leasePath, readHolder } from '../job/lease.ts';
import { conditionOf } from '../plan/conditions.ts';
import { LOCK_NAMESPACE } from '../plan/names.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';

/** An executor renews every five seconds. */
const RENEWAL_MS = 8_000;

/** What is heard of an executor through the locks that it renews. */
export interface Renewals {
  /** Whether none was renewed for longer than an executor that runs would leave it. `sinceMs`: nothing before counts. */
  areOver(pod: KubernetesObject, sinceMs: number): Promise<boolean>;
  /** Ends what it watches, once its signal is aborted. */
  close(): Promise<void>;
}

/** Nothing is watched before the first question. */
export function openRenewals(api: ApiServer, bell: Bell, signal: AbortSignal): Renewals {
  const path = leasePath({ namespace: LOCK_NAMESPACE });
  const versions = new Map<string, string | undefined>();
  let heardAtMs = 0;
  let watching: Promise<void> | undefined;
  /** Whether it tells of an executor that goes on. */
  const hear = ({ metadata }: KubernetesObject): boolean => {
    const isNews = versions.get(metadata.name) !== metadata.resourceVersion;
    versions.set(metadata.name, metadata.resourceVersion);
    if (isNews) heardAtMs = performance.now();
    return isNews;
  };
  const watch = async (uid: string): Promise<void> => {
    for await (const { object } of watchCollection(api, path, { signal })) {
      if (isHeldBy(object, uid) && hear(object)) bell.ring();
    }
  };
  return {
    areOver: async ({ metadata: { uid } }, sinceMs) => {
      // Where locks can't be watched, nobody knows.
      watching ??= watch(uid).catch(() => undefined);
      if (performance.now() - Math.max(sinceMs, heardAtMs) <= RENEWAL_MS) return false;
      // The watch may have been cut: silence of the API server is none of the executor's.
      const locks = await listObjects(api, path, { signal }).catch(() => undefined);
      const news = locks?.items.filter((lease) => isHeldBy(lease, uid)).filter(hear);
      return news?.length === 0;
    },
    close: async () => {
      await watching;
    },
  };
}

function isHeldBy(lease: KubernetesObject, uid: string): boolean {
  return readHolder(holderOf(lease))?.podUid === uid;
}

/** The node controller takes the pod's Ready back, and leaves what the kubelet had said of its containers. */
export function isNodeSilent(pod: KubernetesObject | undefined): pod is KubernetesObject {
  return (
    pod !== undefined &&
    conditionOf(pod, 'Ready')?.status === 'False' &&
    conditionOf(pod, 'ContainersReady')?.status === 'True' &&
    readPointer(executorState(pod), '/running') !== undefined
  );
}

/** What is wrong, on which object. */
export function describeSilence(pod: KubernetesObject): string {
  return `node ${textAt(pod, '/spec/nodeName')} of pod/${pod.metadata.name} does not report any more (its kubelet is down, or cut off)`;
}
