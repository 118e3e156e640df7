import type { KubernetesObject } from '../plan/objects.ts';
import { isPullFailing } from './failing-pods.ts';

/** How often pulling an image has failed, from all that is seen of pods. */
export interface PullCounter {
  see(pod: KubernetesObject): void;
  of(pod: KubernetesObject): number;
}

/** The kubelet shows each failed pull as ErrImagePull and then waits in ImagePullBackOff: entering the first is one failure. */
export function openPullCounter(): PullCounter {
  const failures = new Map<string, number>();
  const failing = new Set<string>();
  return {
    see: (pod) => {
      const { uid } = pod.metadata;
      if (!isPullFailing(pod)) {
        failing.delete(uid);
      } else if (!failing.has(uid)) {
        failing.add(uid);
        failures.set(uid, (failures.get(uid) ?? 0) + 1);
      }
    },
    of: ({ metadata: { uid } }) => failures.get(uid) ?? 0,
  };
}
