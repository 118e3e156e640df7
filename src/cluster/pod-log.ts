import type { ApiServer } from './api.ts';
import { ApiError, NoAnswer } from './errors.ts';
import { openLineSplitter } from './lines.ts';
import { openIdleGuard } from './log-idle.ts';
import { type LogLine, parseLogLine } from './log-line.ts';
import { type LogOverlap, openLogOverlap } from './log-overlap.ts';
import { requestPath } from './path.ts';
import { openBackoff } from './pause.ts';

export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Ends the reading; what is left is then a gap. */
  readonly signal: AbortSignal;
  /** Has the container terminated? Asked often: answer from what a watch has told. */
  ended(): boolean | Promise<boolean>;
  /** A follow that is silent for this long is begun anew, in case its connection died; 4 min unless told. */
  readonly silentAfterMs?: number;
}

/** Awaited where it returns a promise: the server then waits too. */
export type OnLine = (line: LogLine) => void | Promise<void>;

export interface LogGap {
  /** Timestamp of the last line before it; absent at the beginning. */
  readonly after?: string;
  readonly reason: string;
}

export interface FollowedLog {
  /** True only when the end was proven to have been read and nothing is missing before it. */
  readonly complete: boolean;
  readonly lines: number;
  /** Of the lines with their newlines, without timestamps. */
  readonly bytes: number;
  readonly gaps: readonly LogGap[];
  /** What the kubelet put between the lines, such as `failed to create fsnotify watcher`. */
  readonly notices: readonly string[];
}

/** Longer lines are cut, and reported as a gap. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const MAX_NOTICES = 20;

interface Reading {
  readonly overlap: LogOverlap;
  readonly gaps: LogGap[];
  readonly notices: string[];
  lines: number;
  bytes: number;
  lastTimestamp: string | undefined;
}

/** `end`: the server ended it. `again`: cut, or not there yet. `over`: the pod or its log is gone. */
type Outcome = 'end' | 'again' | 'over';

/**
 * Gives out the log of one container to its end: every line once, in order, through all cuts. Never rejects for what
 * the cluster does; what could not be read is a gap. Throws what `onLine` throws, and `ApiError` for 401 and 403.
 */
export async function followLog(api: ApiServer, source: LogSource, onLine: OnLine): Promise<FollowedLog> {
  const reading: Reading = {
    overlap: openLogOverlap(),
    gaps: [],
    notices: [],
    lines: 0,
    bytes: 0,
    lastTimestamp: undefined,
  };
  const backoff = openBackoff(150, 1000, source.signal);
  while (!source.signal.aborted) {
    // Asked before reading: what is read after the container's end is all there is.
    const isLast = await source.ended();
    const linesBefore = reading.lines;
    const outcome = await readOnce(api, source, reading, isLast, onLine);
    if (outcome === 'over' || (isLast && outcome === 'end')) return resultOf(reading);
    if (reading.lines > linesBefore) backoff.reset();
    await backoff.wait();
  }
  addGap(reading, 'reading was stopped before the end of the log');
  return resultOf(reading);
}

function resultOf(reading: Reading): FollowedLog {
  const { lines, bytes, gaps, notices } = reading;
  return { complete: gaps.length === 0, lines, bytes, gaps, notices };
}

/** One request: following, or once the container has ended, plain to the end. */
async function readOnce(
  api: ApiServer,
  source: LogSource,
  reading: Reading,
  isLast: boolean,
  onLine: OnLine,
): Promise<Outcome> {
  reading.overlap.resume();
  const guard = openIdleGuard(source, isLast);
  try {
    const stream = await openStream(api, source, reading, isLast, guard.signal);
    if (typeof stream === 'string') return stream;
    await readLines(stream, reading, isLast, { onLine, heard: guard.heard });
    return 'end';
  } catch (error) {
    if (error instanceof NoAnswer) return 'again';
    throw error;
  } finally {
    guard.end();
  }
}

async function openStream(
  api: ApiServer,
  source: LogSource,
  reading: Reading,
  isLast: boolean,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | Outcome> {
  const { namespace, pod, container } = source;
  const path = { group: '', version: 'v1', resource: 'pods', namespace, name: pod, subresource: 'log' };
  const since = reading.overlap.since();
  const query = {
    container,
    timestamps: 'true',
    ...(isLast ? {} : { follow: 'true' }),
    ...(since === undefined ? {} : { sinceTime: since }),
  };
  try {
    return await api.stream({ method: 'GET', path: requestPath(path), query, signal });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 401 || error.status === 403) throw error;
    return judgeRefusal(error, reading, isLast);
  }
}

/** 400 is `container is waiting to start`: not yet, or if it has ended all the same, never. */
function judgeRefusal(error: ApiError, reading: Reading, isLast: boolean): Outcome {
  if (error.status === 404) {
    addGap(reading, `the pod was gone before the end of its log was read: ${error.message}`);
    return 'over';
  }
  if (error.status === 400 && isLast) {
    if (reading.lines > 0) addGap(reading, `the end of the log could not be read: ${error.message}`);
    return 'over';
  }
  return 'again';
}

interface LineSink {
  readonly onLine: OnLine;
  heard(): void;
}

async function readLines(
  stream: AsyncIterable<Uint8Array>,
  reading: Reading,
  isLast: boolean,
  sink: LineSink,
): Promise<void> {
  const splitter = openLineSplitter(MAX_LINE_BYTES, () =>
    addGap(reading, `a line longer than ${MAX_LINE_BYTES / 1024 / 1024} MiB was cut`),
  );
  for await (const chunk of stream) {
    sink.heard();
    for (const raw of splitter.push(chunk)) {
      const taken = takeLine(raw, true, reading, isLast, sink.onLine);
      if (taken !== undefined) await taken;
    }
  }
  // Before the last read it may be half a line: it comes again.
  const rest = splitter.rest();
  if (!isLast) return;
  if (rest.length > 0) await takeLine(rest, false, reading, isLast, sink.onLine);
  if (!reading.overlap.isJoined()) addGap(reading, 'the log was rotated: lines may be missing');
}

function takeLine(
  raw: Buffer,
  hasNewline: boolean,
  reading: Reading,
  isLast: boolean,
  onLine: OnLine,
): void | Promise<void> {
  const line = parseLogLine(raw);
  if (line === undefined) return takeNotice(raw, reading, isLast);
  if (reading.overlap.isRepeat(line)) return;
  if (!reading.overlap.isJoined()) addGap(reading, 'the log was rotated: lines may be missing');
  reading.overlap.add(line);
  reading.lines += 1;
  reading.bytes += line.bytes.length + (hasNewline ? 1 : 0);
  reading.lastTimestamp = line.timestamp;
  return onLine({ timestamp: line.timestamp, bytes: line.bytes, hasNewline });
}

/** The kubelet's own words end a stream early with status 200; only at the last read nothing comes after. */
function takeNotice(raw: Buffer, reading: Reading, isLast: boolean): void {
  const text = raw.toString('utf8', 0, 500);
  if (isLast) addGap(reading, `the end of the log could not be read: ${text}`);
  if (reading.notices.length < MAX_NOTICES) reading.notices.push(text);
}

function addGap(reading: Reading, reason: string): void {
  const { lastTimestamp } = reading;
  const gap = { ...(lastTimestamp === undefined ? {} : { after: lastTimestamp }), reason };
  const last = reading.gaps.at(-1);
  if (last?.reason !== gap.reason || last.after !== gap.after) reading.gaps.push(gap);
}
