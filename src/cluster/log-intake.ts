import { openLineSplitter } from './lines.ts';
import { isEndOf, type LogEnd } from './log-end.ts';
import { type OnLine, type ParsedLine, parseLogLine } from './log-line.ts';
import { openLogOverlap } from './log-overlap.ts';
import { type LogTally, type OnGap, openLogTally } from './log-tally.ts';

/** Takes in the bytes of one read after the other and gives out each line once. */
export interface LogIntake {
  readonly tally: LogTally;
  /** Value for `sinceTime` of the next read. */
  since(): string | undefined;
  /** A new read begins. `isLast`: the container has ended, nothing is written any more. `end`: the log's last line. */
  resume(isLast: boolean, end: LogEnd | undefined): void;
  take(chunk: Uint8Array): Promise<void>;
  /** The server ended the read. Whether it was the last one and came as far as the `end` that was told. */
  finish(): Promise<boolean>;
}

export interface IntakeListener {
  readonly onLine: OnLine;
  readonly onGap: OnGap;
  /** Ends the giving out of lines. */
  readonly signal: AbortSignal;
}

/** Longer lines are cut, and reported as a gap. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const TOO_LONG = 'a line longer than 16 MiB was cut';
const ROTATED = 'the log was rotated: lines may be missing';
const LONGEST_NOTICE_BYTES = 500;

export function openLogIntake({ onLine, onGap, signal }: IntakeListener): LogIntake {
  const overlap = openLogOverlap();
  const tally = openLogTally(onGap);
  let read = newRead(false, undefined);
  const noteTear = (): void => {
    if (!read.isTorn && !overlap.isJoined()) tally.addGap(ROTATED);
    read.isTorn ||= !overlap.isJoined();
  };
  const give = (line: ParsedLine, hasNewline: boolean): void | Promise<void> => {
    noteTear();
    overlap.add(line);
    tally.count(line, hasNewline);
    const given = onLine({ timestamp: line.timestamp, bytes: line.bytes, hasNewline });
    if (line.isCut) tally.addGap(TOO_LONG);
    return given;
  };
  const takeLine = (raw: Buffer, hasNewline: boolean): void | Promise<void> => {
    const line = parseLogLine(raw, MAX_LINE_BYTES);
    if (line === undefined) return keepNotice(read, raw);
    noteNotice(read, tally);
    read.hasReachedEnd ||= isEndOf(line, read.end);
    // Half a line, which comes again.
    if (!hasNewline && !read.hasReachedEnd) return;
    if (!overlap.isRepeat(line)) return give(line, hasNewline);
  };

  return {
    tally,
    since: () => overlap.since(),
    resume(isLast, end) {
      read = newRead(isLast, end);
      overlap.resume();
    },
    async take(chunk) {
      for (const raw of read.splitter.push(chunk)) {
        if (signal.aborted) return;
        const taken = takeLine(raw, true);
        if (taken !== undefined) await taken;
      }
    },
    async finish() {
      const rest = read.isLast ? read.splitter.rest() : Buffer.alloc(0);
      if (rest.length > 0) await takeLine(rest, false);
      if (read.isLast && read.end === undefined) noteEarlyEnd(read, tally);
      noteNotice(read, tally);
      const isWhole = read.isLast && read.hasReachedEnd;
      if (isWhole) noteTear();
      return isWhole;
    },
  };
}

/** What is known of the read that goes on. */
interface Read {
  readonly splitter: ReturnType<typeof openLineSplitter>;
  readonly isLast: boolean;
  readonly end: LogEnd | undefined;
  hasReachedEnd: boolean;
  /** A gap was noted since it began. */
  isTorn: boolean;
  /** A text without a timestamp, until the next line comes. */
  unstamped: string | undefined;
}

function newRead(isLast: boolean, end: LogEnd | undefined): Read {
  return {
    splitter: openLineSplitter(MAX_LINE_BYTES + 1),
    isLast,
    end,
    hasReachedEnd: end === undefined,
    isTorn: false,
    unstamped: undefined,
  };
}

function keepNotice(read: Read, raw: Buffer): void {
  read.unstamped = raw.toString('utf8', 0, LONGEST_NOTICE_BYTES).trim();
}

function noteEarlyEnd({ unstamped }: Read, tally: LogTally): void {
  if (unstamped !== undefined) tally.addGap(`the end of the log could not be read: ${unstamped}`);
}

/**
 * The kubelet's own words have no timestamp and end a stream early, with status 200. Neither has what is left of a long
 * line that began before `sinceTime`; such a line is known already.
 */
function noteNotice(read: Read, tally: LogTally): void {
  if (read.unstamped !== undefined) tally.addNotice(read.unstamped);
  read.unstamped = undefined;
}
