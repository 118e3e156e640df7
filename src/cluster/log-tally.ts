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
}

export interface LogGap {
  /** Timestamp of the last line before it; absent at the beginning. */
  readonly after?: string;
  readonly reason: string;
}

export interface LogTally {
  count(line: ParsedLine, hasNewline: boolean): void;
  addGap(reason: string): void;
  addNotice(text: string): void;
  result(): FollowedLog;
}

const MAX_NOTICES = 20;

export function openLogTally(): LogTally {
  const gaps: LogGap[] = [];
  const notices: string[] = [];
  let lines = 0;
  let bytes = 0;
  let lastTimestamp: string | undefined;
  return {
    count(line, hasNewline) {
      lines += 1;
      bytes += line.bytes.length + (hasNewline ? 1 : 0);
      lastTimestamp = line.timestamp;
    },
    addGap(reason) {
      const last = gaps.at(-1);
      if (last?.reason === reason && last.after === lastTimestamp) return;
      gaps.push({ ...(lastTimestamp === undefined ? {} : { after: lastTimestamp }), reason });
    },
    addNotice(text) {
      if (notices.length < MAX_NOTICES) notices.push(text);
    },
    result: () => ({ complete: gaps.length === 0, lines, bytes, gaps, notices }),
  };
}
