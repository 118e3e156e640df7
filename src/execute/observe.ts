/** The cluster as the checks see it: every object and collection they need, watched from before the first request. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from '../cluster/api.ts';
import { openBell } from '../cluster/bell.ts';
import { ApiError } from '../cluster/errors.ts';
import { selectionKey } from '../cluster/path.ts';
import { type WatchEvent, watchCollection } from '../cluster/watch.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import type { Check } from '../plan/plan.ts';
import type { View, Watched } from '../verify/check-state.ts';
import { wantsSomething } from '../verify/failing-pods.ts';
import { openPullCounter } from '../verify/pull-counter.ts';
import { watchedBy } from '../verify/watched-by.ts';

/** How long until a kind that is not served is asked for again. */
const NOT_SERVED_MS = 500;

export interface Observation extends AsyncDisposable {
  readonly view: View;
  /** Whether this very object is among what is watched. */
  isWatched(path: ResourcePath): boolean;
  /** Resolves at the next change after this call; rejects when a watch can't go on (403, a bad selector). */
  nextChange(): Promise<void>;
}

/** Resolves when everything has been listed once; that first look is the baseline. Rejects when `signal` comes before. */
export async function observe(
  api: ApiServer,
  checks: readonly Check[],
  signal: AbortSignal,
): Promise<Observation> {
  const wanted = new Map(checks.flatMap(watchedBy).map((watched) => [selectionKey(watched), watched]));
  const ending = new AbortController();
  const bell = openBell();
  const stores = new Map([...wanted.keys()].map((key) => [key, new Map<string, KubernetesObject>()]));
  const pulls = openPullCounter();
  const wanting = clockWanting();
  const isOfSeveral = checks.filter((check) => 'podSelector' in check).length > 1;
  const watches = [...wanted].map(([key, watched]) => {
    const store = stores.get(key) ?? new Map();
    return follow(api, watched, ending.signal, (event) => {
      keep(store, event);
      pulls.see(event.object);
      wanting.see(event.object);
      bell.ring();
    });
  });
  for (const watch of watches) watch.ended.catch((error: unknown) => bell.break(error));
  const firstLook = Promise.all(watches.map((watch) => Promise.race([watch.listed, watch.ended])));
  await orStopped(firstLook, signal).catch((error: unknown) => {
    ending.abort();
    throw error;
  });
  return {
    view: {
      ...viewOf(stores),
      pullFailures: (pod) => pulls.of(pod),
      wantingSeconds: (pod) => wanting.of(pod),
      isOfSeveral,
    },
    isWatched: (path) => stores.has(selectionKey({ path })),
    nextChange: () => bell.next(),
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await Promise.allSettled(watches.map((watch) => watch.ended));
    },
  };
}

async function orStopped(firstLook: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(new Error('stopped before the first look at the cluster'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.race([firstLook, stopped]).finally(() => signal.removeEventListener('abort', stop));
}

interface Followed {
  /** Resolves after the first whole list. */
  readonly listed: Promise<void>;
  readonly ended: Promise<void>;
}

function follow(
  api: ApiServer,
  watched: Watched,
  signal: AbortSignal,
  see: (event: WatchEvent) => void,
): Followed {
  const { promise: listed, resolve } = Promise.withResolvers<void>();
  const { name, ...collection } = watched.path;
  const run = async (): Promise<void> => {
    const options = {
      signal,
      onListed: resolve,
      ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
      ...(watched.labelSelector === undefined ? {} : { labelSelector: watched.labelSelector }),
      ...(watched.fieldSelector === undefined ? {} : { fieldSelector: watched.fieldSelector }),
    };
    for await (const event of watchCollection(api, collection, options)) see(event);
  };
  const runOnceServed = async (): Promise<void> => {
    for (;;) {
      try {
        return await run();
      } catch (error) {
        // The kind is not served: until the plan itself has brought it there are no objects of it.
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        resolve();
        await sleep(NOT_SERVED_MS, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  };
  return { listed, ended: runOnceServed() };
}

function keep(store: Map<string, KubernetesObject>, { type, object }: WatchEvent): void {
  if (type === 'deleted') store.delete(object.metadata.uid);
  else store.set(object.metadata.uid, object);
}

function viewOf(
  stores: ReadonlyMap<string, ReadonlyMap<string, KubernetesObject>>,
): Pick<View, 'object' | 'list' | 'isNew' | 'baseline'> {
  const baseline = new Map([...stores].map(([key, store]) => [key, new Map(store)]));
  const known = new Set([...baseline.values()].flatMap((store) => [...store.keys()]));
  const only = (
    path: ResourcePath,
    from: ReadonlyMap<string, ReadonlyMap<string, KubernetesObject>>,
  ): KubernetesObject | null => from.get(selectionKey({ path }))?.values().next().value ?? null;
  return {
    object: (path) => only(path, stores),
    list: (watched) => [...(stores.get(selectionKey(watched))?.values() ?? [])],
    isNew: (pod) => !known.has(pod.metadata.uid),
    baseline: (path) => only(path, baseline),
  };
}

interface WantingClock {
  see(object: KubernetesObject): void;
  of(pod: KubernetesObject): number;
}

/** Seconds since a pod was first seen to want something, while it does. */
function clockWanting(): WantingClock {
  const since = new Map<string, number>();
  return {
    see: (object) => {
      const { uid } = object.metadata;
      if (!wantsSomething(object)) since.delete(uid);
      else if (!since.has(uid)) since.set(uid, performance.now());
    },
    of: ({ metadata: { uid } }) => (performance.now() - (since.get(uid) ?? performance.now())) / 1000,
  };
}
