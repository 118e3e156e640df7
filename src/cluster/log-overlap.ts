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

export interface LineMark {
  /** Whole seconds since the epoch. */
  readonly second: number;
  /** Of the raw line with its timestamp. */
  readonly hash: number;
}

/** Streams of stdout and stderr are stamped apart from each other: a line may be a little older than the one before. */
const SLACK_SECONDS = 1;

export function openLogOverlap(): LogOverlap {
  // Plain numbers, side by side: a million lines may be written within the slack.
  let seconds: number[] = [];
  let hashes: number[] = [];
  let first = 0;
  let newest = Number.NEGATIVE_INFINITY;
  let expected: readonly number[] = [];
  let cursor = 0;
  let scattered: Set<number> | undefined;
  let joined = true;

  const prune = (): void => {
    while ((seconds[first] ?? newest) < newest - SLACK_SECONDS) first += 1;
    if (first < 1024 || first * 2 < seconds.length) return;
    seconds = seconds.slice(first);
    hashes = hashes.slice(first);
    first = 0;
  };

  return {
    add({ second, hash }) {
      seconds.push(second);
      hashes.push(hash);
      if (second <= newest) return;
      newest = second;
      prune();
    },
    since: () => (seconds.length === 0 ? undefined : rfc3339(newest - SLACK_SECONDS)),
    resume() {
      expected = hashes.filter((_hash, at) => at >= first && (seconds[at] ?? 0) >= newest - SLACK_SECONDS);
      cursor = 0;
      scattered = undefined;
      joined = expected.length === 0;
    },
    isRepeat({ hash }) {
      if (joined) return false;
      if (scattered === undefined && expected[cursor] === hash) {
        cursor += 1;
        joined = cursor === expected.length;
        return true;
      }
      // After a rotation the beginning is missing; what is still there is known all the same.
      scattered ??= new Set(expected.slice(cursor));
      if (!scattered.delete(hash)) return false;
      joined = hash === expected.at(-1);
      return true;
    },
    isJoined: () => joined,
  };
}

function rfc3339(second: number): string {
  return new Date(second * 1000).toISOString().replace('.000Z', 'Z');
}
