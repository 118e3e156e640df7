import { isRecord } from '../plan/json.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { readPointer } from '../plan/pointer.ts';
import type { ApiServer } from './api.ts';
import { ApiError, NoAnswer } from './errors.ts';
import { openLineSplitter } from './lines.ts';
import { requestPath } from './path.ts';
import { isKubernetesObject } from './typed.ts';

/** Below the idle and total limits of the load balancers in front of API servers. */
const SERVER_TIMEOUT_SECONDS = 290;
/** etcd takes no object above 1.5 MiB; with managed fields decoded and quoted that is still far below. */
const MAX_EVENT_BYTES = 32 * 1024 * 1024;
/** A watch that says nothing for so long, not even its minutely bookmark, is begun anew. */
const SILENT_AFTER_MS = 75_000;

export interface WatchStreamOptions {
  readonly selectors: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Moved on with each event and bookmark. */
  readonly position: { resourceVersion: string };
}

export interface StreamEvent {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: KubernetesObject;
}

/**
 * One watch connection until the server ends it. Throws `ApiError` for an ERROR event, `NoAnswer` for a cut,
 * for silence and for what is no event: begin anew from `position` then.
 */
export async function* readWatchStream(
  api: ApiServer,
  path: ResourcePath,
  options: WatchStreamOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  const silence = openSilenceGuard(options.signal);
  try {
    const stream = await api.stream({
      method: 'GET',
      path: requestPath(path),
      query: watchQuery(options),
      signal: silence.signal,
    });
    const splitter = openLineSplitter(MAX_EVENT_BYTES);
    for await (const chunk of stream) {
      silence.heard();
      for (const line of splitter.push(chunk)) yield* readEvent(line, options.position);
    }
  } catch (error) {
    throw silence.isSilent()
      ? new NoAnswer(`no word from the watch on ${path.resource}`, { cause: error })
      : error;
  } finally {
    silence.end();
  }
}

function watchQuery(options: WatchStreamOptions): Record<string, string> {
  return {
    ...options.selectors,
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: options.position.resourceVersion,
    timeoutSeconds: String(SERVER_TIMEOUT_SECONDS),
  };
}

/** One event, or none for a bookmark. */
function readEvent(line: Buffer, position: { resourceVersion: string }): readonly StreamEvent[] {
  const { type, object } = parseEvent(line);
  if (type === 'ERROR') throw new ApiError(codeOf(object), object);
  if (!isKubernetesObject(object)) throw new NoAnswer('the watch sent an event without an object');
  position.resourceVersion = object.metadata.resourceVersion ?? position.resourceVersion;
  switch (type) {
    case 'BOOKMARK':
      return [];
    case 'ADDED':
      return [{ type: 'added', object }];
    case 'MODIFIED':
      return [{ type: 'modified', object }];
    case 'DELETED':
      return [{ type: 'deleted', object }];
    default:
      throw new NoAnswer(`the watch sent an event of the unknown type ${JSON.stringify(type)}`);
  }
}

function parseEvent(line: Buffer): { type?: unknown; object?: unknown } {
  try {
    const event: unknown = JSON.parse(line.toString('utf8'));
    return isRecord(event) ? event : {};
  } catch (error) {
    throw new NoAnswer('the watch sent something other than JSON', { cause: error });
  }
}

function codeOf(status: unknown): number {
  const code = readPointer(status, '/code');
  return typeof code === 'number' ? code : 500;
}

interface SilenceGuard {
  /** Aborts with the outer one and when nothing was heard in time. */
  readonly signal: AbortSignal;
  heard(): void;
  isSilent(): boolean;
  end(): void;
}

/** A connection may die without a word; only time tells. */
function openSilenceGuard(outer: AbortSignal): SilenceGuard {
  const controller = new AbortController();
  let silent = false;
  const onOuter = (): void => controller.abort(outer.reason);
  outer.addEventListener('abort', onOuter, { once: true });
  if (outer.aborted) onOuter();
  const timer = setTimeout(() => {
    silent = true;
    controller.abort();
  }, SILENT_AFTER_MS);
  return {
    signal: controller.signal,
    heard: () => void timer.refresh(),
    isSilent: () => silent,
    end: () => {
      clearTimeout(timer);
      outer.removeEventListener('abort', onOuter);
    },
  };
}
