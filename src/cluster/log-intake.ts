import { openLineSplitter } from './lines.ts';
import { type OnLine, parseLogLine } from './log-line.ts';
import { openLogOverlap } from './log-overlap.ts';
import { type LogTally, openLogTally } from './log-tally.ts';

/** Takes in the bytes of one read after the other and gives out each line once. */
export interface LogIntake {
  readonly tally: LogTally;
  /** Value for `sinceTime` of the next read. */
  since(): string | undefined;
  /** A new read begins. `isLast`: the container has ended, nothing is written any more. */
  resume(isLast: boolean): void;
  take(chunk: Uint8Array): Promise<void>;
  /** The server ended the read. */
  finish(): Promise<void>;
}

/** Longer lines are cut, and reported as a gap. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const TOO_LONG = 'a line longer than 16 MiB was cut';
const ROTATED = 'the log was rotated: lines may be missing';

export function openLogIntake(onLine: OnLine, signal: AbortSignal): LogIntake {
  const overlap = openLogOverlap();
  const tally = openLogTally();
  const openSplitter = () => openLineSplitter(MAX_LINE_BYTES, () => tally.addGap(TOO_LONG));
  let splitter = openSplitter();
  let isLast = false;
  let isTorn = false;
  const noteTear = (): void => {
    if (!isTorn && !overlap.isJoined()) tally.addGap(ROTATED);
    isTorn ||= !overlap.isJoined();
  };

  const takeLine = (raw: Buffer, hasNewline: boolean): void | Promise<void> => {
    const line = parseLogLine(raw);
    if (line === undefined) return takeNotice(raw.toString('utf8', 0, 500), isLast, tally);
    if (overlap.isRepeat(line)) return;
    noteTear();
    overlap.add(line);
    tally.count(line, hasNewline);
    return onLine({ timestamp: line.timestamp, bytes: line.bytes, hasNewline });
  };

  return {
    tally,
    since: () => overlap.since(),
    resume(last) {
      isLast = last;
      isTorn = false;
      splitter = openSplitter();
      overlap.resume();
    },
    async take(chunk) {
      for (const raw of splitter.push(chunk)) {
        if (signal.aborted) return;
        const taken = takeLine(raw, true);
        if (taken !== undefined) await taken;
      }
    },
    async finish() {
      // Before the last read it may be half a line: it comes again.
      if (!isLast) return;
      const rest = splitter.rest();
      if (rest.length > 0) await takeLine(rest, false);
      noteTear();
    },
  };
}

/** The kubelet's own words end a stream early with status 200; only at the last read nothing comes after. */
function takeNotice(text: string, isLast: boolean, tally: LogTally): void {
  if (isLast) tally.addGap(`the end of the log could not be read: ${text}`);
  tally.addNotice(text);
}
