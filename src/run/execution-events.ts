/** The Events about an execution's Job and its pod. Watched only where a start takes longer than it should. */
import type { ApiServer } from '../cluster/api.ts';
import type { Bell } from '../cluster/bell.ts';
import { watchCollection } from '../cluster/watch.ts';
import { timeOf } from '../plan/events.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { isTelling } from './start-failure.ts';

export interface ExecutionEvents {
  /** Those that may tell why it does not start, oldest first; none where they may not be read. */
  now(): readonly KubernetesObject[];
  /** Those of them that were there when they began to be watched, as they were then. */
  before(): readonly KubernetesObject[];
  /** Begins to watch those about objects of these names, unless it does so already. */
  watch(names: readonly string[]): void;
  /** Ends what it watches, once its signal is aborted. */
  close(): Promise<void>;
}

export function openExecutionEvents(
  api: ApiServer,
  namespace: string,
  bell: Bell,
  signal: AbortSignal,
): ExecutionEvents {
  const path = { group: '', version: 'v1', resource: 'events', namespace };
  const now = new Map<string, KubernetesObject>();
  const before = new Map<string, KubernetesObject>();
  const watched = new Map<string, Promise<void>>();
  const watch = async (name: string): Promise<void> => {
    let isListed = false;
    const options = {
      fieldSelector: `involvedObject.name=${name}`,
      signal,
      onListed: () => {
        isListed = true;
      },
    };
    for await (const { type, object } of watchCollection(api, path, options)) {
      if (type === 'deleted' || !isTelling(object)) continue;
      now.set(object.metadata.uid, object);
      if (!isListed) before.set(object.metadata.uid, object);
      bell.ring();
    }
  };
  return {
    now: () => [...now.values()].toSorted((a, b) => timeOf(a).localeCompare(timeOf(b))),
    before: () => [...before.values()],
    watch: (names) => {
      for (const name of names) {
        // They explain; an execution goes on without them.
        if (!watched.has(name))
          watched.set(
            name,
            watch(name).catch(() => undefined),
          );
      }
    },
    close: async () => {
      await Promise.all(watched.values());
    },
  };
}
