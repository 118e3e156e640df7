/** The log of one container as a file: read to its proven end, on from where the connection broke. */
import { rm } from 'node:fs/promises';
import type { ApiServer } from '../cluster/api.ts';
import { type FollowedLog, followLog, type LogLine } from '../cluster/pod-log.ts';
import { getObject } from '../cluster/typed.ts';
import { isRecord } from '../plan/json.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { LogContent } from '../plan/plan.ts';
import { containerStatusesOf } from '../plan/pods.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { openArtifactFile, type WrittenFile } from './artifact-file.ts';
import { markOf, writeLine } from './log-writing.ts';
import type { CollectedFile } from './record.ts';
import { sayBytes } from './say-collected.ts';

/** Each of them asked for again by the transport for some seconds, where it got no answer. */
const MOST_FRUITLESS = 5;
/** No byte for so long: the connection may be dead. */
const SILENT_AFTER_MS = 60_000;
/** The kubelet says so with 200, in the place of the log, once the file was removed. */
const LOST = /unable to retrieve container logs for \S+$/;

export interface LogCollecting {
  readonly api: ApiServer;
  /** Where the file is to be. */
  readonly path: string;
  readonly secrets: () => readonly string[];
  readonly signal: AbortSignal;
  /** Told of the bytes of each line. */
  readonly onBytes: (bytes: number) => void;
}

export type Collected = Omit<CollectedFile, 'file'>;

const NOTHING = { bytes: 0, lines: 0 };

/** Throws what the API server refuses but for a container without a log, which is `absent`. */
export async function collectLog(input: LogCollecting, content: LogContent): Promise<Collected> {
  const { followed, written } = await readInto(input, content);
  const { subresource: _log, ...pod } = content.path;
  const found = await getObject(input.api, pod, { signal: input.signal });
  if (found && found.metadata.uid !== content.uid) {
    // It may be the other one's log, which nobody has asked for.
    await rm(input.path, { force: true });
    return { ...NOTHING, outcome: 'failed', note: 'the pod was replaced by another of its name meanwhile' };
  }
  return judge(followed, written, content, found !== null && !hasLog(found, content));
}

/** Every gap is marked in the file, where it is. */
async function readInto(
  { api, path, secrets, signal, onBytes }: LogCollecting,
  content: LogContent,
): Promise<{ readonly followed: FollowedLog; readonly written: WrittenFile }> {
  const { timestamps, ...from } = content.query;
  const file = await openArtifactFile(path, { secrets, limitBytes: content.limitBytes });
  const enough = new AbortController();
  const { namespace = '', name = '' } = content.path;
  const source = {
    namespace,
    pod: name,
    container: content.container,
    previous: content.previous,
    from,
    signal: AbortSignal.any([signal, enough.signal]),
    ended: () => true,
    silentAfterMs: SILENT_AFTER_MS,
    mostFruitless: MOST_FRUITLESS,
  };
  const onLine = (line: LogLine): void | Promise<void> => {
    if (timestamps === 'true') void file.write(Buffer.from(`${line.timestamp} `));
    const written = writeLine(file, line.bytes, line.hasNewline);
    onBytes(line.bytes.length + 1);
    if (file.isOver()) enough.abort();
    return written;
  };
  try {
    const followed = await followLog(api, source, onLine, (gap) => {
      if (!enough.signal.aborted) void writeLine(file, Buffer.from(markOf(gap)));
    });
    return { followed, written: await file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function judge(
  { gaps, lines, refusal }: FollowedLog,
  { isCut, problem, ...file }: WrittenFile,
  { limitBytes, previous }: LogContent,
  isMissing: boolean,
): Collected {
  if (problem !== undefined) return { ...file, outcome: 'failed', note: `could not be written: ${problem}` };
  if (isCut) {
    const note = `cut after ${sayBytes(limitBytes)} (limit-bytes); since or tail-lines bring the end`;
    return { ...file, outcome: 'cut', note };
  }
  if (lines === 0 && isMissing) {
    const note = previous ? 'no container ran before this one' : 'the container has not started';
    return { ...NOTHING, outcome: 'absent', note: refusal ?? note };
  }
  if (lines === 0 && gaps.some(({ reason }) => LOST.test(reason))) {
    const note = 'the node no longer has this log';
    return previous ? { ...NOTHING, outcome: 'absent', note } : { ...file, outcome: 'failed', note };
  }
  if (refusal !== undefined) return { ...file, outcome: 'failed', note: refusal };
  if (gaps.length === 0) return { ...file, outcome: 'complete' };
  return { ...file, outcome: 'failed', note: gaps.map(({ reason }) => reason).join('; ') };
}

/** Whether the container, or the one before it, has ever run. */
function hasLog(pod: KubernetesObject, { container, previous }: LogContent): boolean {
  const status = containerStatusesOf(pod).find((one) => textAt(one, '/name') === container);
  const states = previous
    ? ['/lastState/terminated']
    : ['/state/running', '/state/terminated', '/lastState/terminated'];
  return states.some((state) => isRecord(readPointer(status, state)));
}
