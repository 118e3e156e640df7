import { type LineMark, openLogMarks } from './log-marks.ts';

/**
 * What has been read of a log, as far as a resumed read repeats it. `sinceTime` knows whole seconds only and is
 * inclusive, so a read that goes on gives the last lines again: they are recognised by timestamp and content. That the
 * last line known comes again is at the same time the proof that nothing in between was lost.
 */
export interface LogOverlap {
  /** A line was taken over; in the order of the log. */
  add(line: LineMark): void;
  /** Value for `sinceTime`, or undefined when nothing has been read. */
  since(): string | undefined;
  /** A new read begins at `since()`. */
  resume(): void;
  /** True for a line that was taken over before the resumption. */
  isRepeat(line: LineMark): boolean;
  /** False while a resumed read has not come past the last known line. */
  isJoined(): boolean;
}

/** Streams of stdout and stderr are stamped apart from each other: a line may be a little older than the one before. */
const SLACK_SECONDS = 1;
/** Older ones are known by their timestamp alone: a million lines may be written within the slack. */
const KEPT_LINES = 4096;

export function openLogOverlap(): LogOverlap {
  const recent = openLogMarks(KEPT_LINES);
  let newest = Number.NEGATIVE_INFINITY;
  let expected: readonly LineMark[] = [];
  let cursor = 0;
  let scattered: Set<number> | undefined;
  let joined = true;
  // Where the node's clock was set back, the last line is not the newest.
  const from = (): number => Math.min(newest, recent.last()?.second ?? newest) - SLACK_SECONDS;

  return {
    add(line) {
      recent.add(line);
      newest = Math.max(newest, line.second);
    },
    since: () => (recent.last() === undefined ? undefined : rfc3339(from())),
    resume() {
      expected = recent.list().filter((mark) => mark.second >= from());
      cursor = 0;
      scattered = undefined;
      joined = expected.length === 0;
    },
    isRepeat(line) {
      if (joined) return false;
      if (scattered === undefined && expected[cursor]?.hash === line.hash) {
        cursor += 1;
        joined = cursor === expected.length;
        return true;
      }
      // Lines before those kept come first. Or the file was rotated, and the beginning of those kept is missing.
      if (cursor === 0 && isOlder(line, expected[0])) return true;
      scattered ??= new Set(expected.slice(cursor).map((mark) => mark.hash));
      if (!scattered.delete(line.hash)) return false;
      joined = line.hash === expected.at(-1)?.hash;
      return true;
    },
    isJoined: () => joined,
  };
}

function isOlder(line: LineMark, than: LineMark | undefined): boolean {
  if (than === undefined) return false;
  return line.second < than.second || (line.second === than.second && line.nanos <= than.nanos);
}

function rfc3339(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}
