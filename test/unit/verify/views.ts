/** The cluster as watches would have seen it, and pods and conditions in the states that matter. */
import type { KubernetesObject, ResourcePath } from '../../../src/plan/objects.ts';
import type { View } from '../../../src/verify/check-state.ts';
import { isAt, isSelected, pod } from '../catalog/cluster-objects.ts';

export const WEB: ResourcePath = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  namespace: 'shop',
  name: 'web',
};

export interface Scene {
  readonly now: readonly KubernetesObject[];
  /** Before anything was sent; what was there by uid is not new. */
  readonly before?: readonly KubernetesObject[];
  readonly pullFailures?: number;
  readonly wantingSeconds?: number;
  readonly isOfSeveral?: boolean;
}

export function viewOf({
  now,
  before = [],
  pullFailures = 0,
  wantingSeconds = Infinity,
  isOfSeveral = false,
}: Scene): View {
  const known = new Set(before.map((object) => object.metadata.uid));
  return {
    object: (path) => now.find((object) => isAt(object, path)) ?? null,
    list: ({ path, labelSelector }) =>
      now.filter((object) => isAt(object, path) && isSelected(object, labelSelector)),
    isNew: (object) => !known.has(object.metadata.uid),
    pullFailures: () => pullFailures,
    wantingSeconds: () => wantingSeconds,
    isOfSeveral,
    baseline: (path) => before.find((object) => isAt(object, path)) ?? null,
  };
}

export function waitingPod(reason: string, more: object = {}, container: object = {}): KubernetesObject {
  const waiting = { reason, message: `about ${reason}`, ...more };
  return notReady({
    containerStatuses: [
      { name: 'sidecar', image: 'sidecar:1', restartCount: 0, state: { running: {} } },
      { name: 'app', image: 'web:2', restartCount: 0, state: { waiting }, ...container },
    ],
  });
}

export function crashingPod(restartCount: number): KubernetesObject {
  const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  return waitingPod('CrashLoopBackOff', {}, { restartCount, lastState });
}

/** It has crashed once, and runs again. */
export function restartedPod(
  lastState: object = { terminated: { exitCode: 1, reason: 'Error' } },
): KubernetesObject {
  return pod('web-new', {
    metadata: { labels: { app: 'web' } },
    status: { containerStatuses: [{ name: 'app', restartCount: 1, state: { running: {} }, lastState }] },
  });
}

export function unscheduledPod(): KubernetesObject {
  const conditions = [
    { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' },
  ];
  return notReady({ phase: 'Pending', conditions });
}

export function notReady(status: object): KubernetesObject {
  return pod('web-new', {
    metadata: { labels: { app: 'web' } },
    status: { conditions: [{ type: 'Ready', status: 'False' }], ...status },
  });
}

export function leaving(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-03-01T12:00:00Z' } };
}

export const QUOTA = {
  type: 'ReplicaFailure',
  status: 'True',
  reason: 'FailedCreate',
  message: 'pods "web-2" is forbidden: exceeded quota: two-pods',
};

export function deadlineExceeded(lastUpdateTime: string): object {
  return {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'ReplicaSet "web-2" has timed out progressing.',
    lastUpdateTime,
  };
}
