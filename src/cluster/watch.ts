import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import type { ApiServer } from './api.ts';
import { ApiError, cannotServe, NoAnswer } from './errors.ts';
import { openBackoff } from './pause.ts';
import { listObjects, selectorQuery } from './typed.ts';
import { readWatchStream, type WatchStreamOptions } from './watch-stream.ts';

export interface WatchEvent {
  /** `listed`: there when the collection was listed, and not seen in this state before. */
  readonly type: 'listed' | 'added' | 'modified' | 'deleted';
  readonly object: KubernetesObject;
}

export interface WatchOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Go on from here instead of listing first. */
  readonly resourceVersion?: string;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
  /** Called when a list has been given out whole: what was not in it is not there. */
  readonly onListed?: () => void;
}

/** Where a watch stands between two connections. */
interface Position {
  /** Empty: list first. */
  resourceVersion: string;
  readonly known: Map<string, KubernetesObject>;
}

/**
 * What happens to the objects of a collection, without end until the signal comes. Survives cuts, servers that
 * go away and expired positions; after a relist what has vanished meanwhile is told as `deleted` in its last seen
 * state. Throws `ApiError` where asking again is no use (401, 403, 404, a bad selector).
 */
export async function* watchCollection(
  api: ApiServer,
  path: ResourcePath,
  options: WatchOptions,
): AsyncGenerator<WatchEvent, void, undefined> {
  const position: Position = { resourceVersion: options.resourceVersion ?? '', known: new Map() };
  const backoff = openBackoff(100, 5000, options.signal);
  while (!options.signal.aborted) {
    const startedAt = performance.now();
    try {
      if (position.resourceVersion === '') yield* relist(api, path, options, position);
      for await (const event of readWatchStream(api, path, { ...streamOptions(options), position })) {
        remember(position, event);
        yield event;
      }
    } catch (error) {
      if (options.signal.aborted) return;
      if (isExpired(error)) position.resourceVersion = '';
      else if (!isPassing(error)) throw error;
    }
    if (performance.now() - startedAt > 5000) backoff.reset();
    await backoff.wait();
  }
}

async function* relist(
  api: ApiServer,
  path: ResourcePath,
  options: WatchOptions,
  position: Position,
): AsyncGenerator<WatchEvent, void, undefined> {
  const { labelSelector, fieldSelector, signal } = options;
  const selectors = selectorQuery({ labelSelector, fieldSelector });
  const list = await listObjects(api, path, { ...selectors, signal });
  const before = new Map(position.known);
  position.known.clear();
  position.resourceVersion = list.resourceVersion;
  for (const object of list.items) {
    const { uid, resourceVersion } = object.metadata;
    const isNews = before.get(uid)?.metadata.resourceVersion !== resourceVersion;
    before.delete(uid);
    position.known.set(uid, object);
    if (isNews) yield { type: 'listed', object };
  }
  for (const object of before.values()) yield { type: 'deleted', object };
  options.onListed?.();
}

function remember(position: Position, event: WatchEvent): void {
  if (event.type === 'deleted') position.known.delete(event.object.metadata.uid);
  else position.known.set(event.object.metadata.uid, event.object);
}

function streamOptions(options: WatchOptions): Omit<WatchStreamOptions, 'position'> {
  const { labelSelector, fieldSelector, signal } = options;
  return { selectors: selectorQuery({ labelSelector, fieldSelector }), signal };
}

function isExpired(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone')
  );
}

/** Worth another try: the server is away, busy or broke the connection. */
function isPassing(error: unknown): boolean {
  if (error instanceof NoAnswer) return !error.isFinal;
  return error instanceof ApiError && cannotServe(error);
}
