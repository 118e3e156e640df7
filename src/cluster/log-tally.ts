import type { ParsedLine } from './log-line.ts';

export interface FollowedLog {
  /** True only when the end was proven to have been read and nothing is missing before it. */
  readonly complete: boolean;
  readonly lines: number;
  /** Of the lines with their newlines, without timestamps. */
  readonly bytes: number;
  readonly gaps: readonly LogGap[];
  /** What the kubelet put between the lines, such as `failed to create fsnotify watcher`. */
  readonly notices: readonly string[];
  /** Why the server gave no log at all, in its own words: the container has not started, or has none any more. */
  readonly refusal?: string;
}

export interface LogGap {
  /** Timestamp of the last line before it; absent at the beginning. */
  readonly after?: string;
  readonly reason: string;
}

/** Told of a gap when it is found, between the lines before it and those after it. */
export type OnGap = (gap: LogGap) => void;

export interface LogTally {
  count(line: ParsedLine, hasNewline: boolean): void;
  addGap(reason: string): void;
  addNotice(text: string): void;
  /** Counted so far. */
  lines(): number;
  /** Of the first line. */
  firstTimestamp(): string | undefined;
  result(): FollowedLog;
}

const MAX_NOTICES = 20;

export function openLogTally(onGap: OnGap): LogTally {
  const gaps: LogGap[] = [];
  const notices: string[] = [];
  let lines = 0;
  let bytes = 0;
  let firstTimestamp: string | undefined;
  let lastTimestamp: string | undefined;
  return {
    count(line, hasNewline) {
      lines += 1;
      bytes += line.bytes.length + (hasNewline ? 1 : 0);
      firstTimestamp ??= line.timestamp;
      lastTimestamp = line.timestamp;
    },
    addGap(reason) {
      const last = gaps.at(-1);
      if (last?.reason === reason && last.after === lastTimestamp) return;
      const gap = { ...(lastTimestamp === undefined ? {} : { after: lastTimestamp }), reason };
      gaps.push(gap);
      onGap(gap);
    },
    addNotice(text) {
      if (notices.length < MAX_NOTICES) notices.push(text);
    },
    lines: () => lines,
    firstTimestamp: () => firstTimestamp,
    result: () => ({ complete: gaps.length === 0, lines, bytes, gaps, notices }),
  };
}
