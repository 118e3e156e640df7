/** The log of one container as a file: read once to its end, and again from the start where the connection broke. */
import { readFile } from 'node:fs/promises';
import type { ApiServer } from '../cluster/api.ts';
import { ApiError, NoAnswer } from '../cluster/errors.ts';
import { requestPath } from '../cluster/path.ts';
import { openBackoff } from '../cluster/pause.ts';
import { getObject } from '../cluster/typed.ts';
import { isRecord } from '../plan/json.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { LogContent } from '../plan/plan.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { type FileLimits, type WrittenFile, writeCollectedFile } from './collected-file.ts';
import type { CollectedFile } from './record.ts';
import { sayBytes } from './say-collected.ts';

const ATTEMPTS = 4;
const LONGEST_LOSS_BYTES = 300;
/** No byte for so long: the connection may be dead. */
const SILENT_AFTER_MS = 60_000;

export interface LogCollecting {
  readonly api: ApiServer;
  /** Where the file is to be. */
  readonly path: string;
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
}

export type Collected = Omit<CollectedFile, 'file'>;

const NOTHING = { bytes: 0, lines: 0 };

/** Throws what the API server refuses but for a container without a log, which is `absent`. */
export async function collectLog(input: LogCollecting, content: LogContent): Promise<Collected> {
  const written = await readWhole(input, content).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 400) return error;
    throw error;
  });
  const { subresource: _log, ...pod } = content.path;
  const found = await getObject(input.api, pod, { signal: input.signal });
  if (found && found.metadata.uid !== content.uid) {
    return { ...NOTHING, outcome: 'failed', note: 'the pod was replaced by another of its name meanwhile' };
  }
  const isMissing = found !== null && !hasLog(found, content);
  if (written instanceof ApiError) {
    if (isMissing) return { ...NOTHING, outcome: 'absent', note: written.message };
    throw written;
  }
  if (await isLost(input.path, written)) {
    const note = 'the node no longer has this log';
    return { ...NOTHING, outcome: content.previous ? 'absent' : 'failed', note };
  }
  return judge(written, content, isMissing);
}

/** The kubelet says so with 200, in the place of the log, once the file was removed. */
async function isLost(path: string, { bytes }: WrittenFile): Promise<boolean> {
  if (bytes === 0 || bytes > LONGEST_LOSS_BYTES) return false;
  return /^unable to retrieve container logs for \S+\s*$/.test(await readFile(path, 'utf8'));
}

function judge(written: WrittenFile, { limitBytes, previous }: LogContent, isMissing: boolean): Collected {
  const { isCut, ...file } = written;
  if (isCut) {
    const note = `cut after ${sayBytes(limitBytes)} (limit-bytes); since or tail-lines bring the end`;
    return { ...file, outcome: 'cut', note };
  }
  if (!isMissing || file.bytes > 0) return { ...file, outcome: 'complete' };
  const note = previous ? 'no container ran before this one' : 'the container has not started';
  return { ...NOTHING, outcome: 'absent', note };
}

async function readWhole(input: LogCollecting, content: LogContent): Promise<WrittenFile> {
  const { path, secrets, signal } = input;
  const limits: FileLimits = { secrets, limitBytes: content.limitBytes };
  const backoff = openBackoff(200, 2000, signal);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await writeCollectedFile(path, readLog(input, content), limits);
    } catch (error) {
      if (!(error instanceof NoAnswer) || signal.aborted || attempt >= ATTEMPTS) throw error;
    }
    await backoff.wait();
  }
}

/** One byte more than the limit tells whether there is more. */
async function* readLog({ api, signal }: LogCollecting, content: LogContent): AsyncGenerator<Uint8Array> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(), SILENT_AFTER_MS);
  try {
    const stream = await api.stream({
      method: 'GET',
      path: requestPath(content.path),
      query: {
        ...content.query,
        container: content.container,
        limitBytes: String(content.limitBytes + 1),
        ...(content.previous ? { previous: 'true' } : {}),
      },
      signal: AbortSignal.any([signal, silent.signal]),
    });
    for await (const chunk of stream) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the container, or the one before it, has ever run. */
function hasLog(pod: KubernetesObject, { container, previous }: LogContent): boolean {
  const lists = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'];
  const statuses = lists.flatMap((list) => readPointer(pod, `/status/${list}`) ?? []);
  const status = statuses.find((one) => textAt(one, '/name') === container);
  const states = previous
    ? ['/lastState/terminated']
    : ['/state/running', '/state/terminated', '/lastState/terminated'];
  return states.some((state) => isRecord(readPointer(status, state)));
}
