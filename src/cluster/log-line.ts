import type { LineMark } from './log-marks.ts';

/** One line of a container. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as the node stamped it. */
  readonly timestamp: string;
  /** As the container wrote it, broken UTF-8 included, without the newline. Copy it to keep it: it may be part of a network buffer. */
  readonly bytes: Buffer;
  /** False for an end of the log without a newline. */
  readonly hasNewline: boolean;
}

/** Awaited where it returns a promise: the server then waits too. */
export type OnLine = (line: LogLine) => void | Promise<void>;

export interface ParsedLine extends LineMark {
  readonly timestamp: string;
  readonly bytes: Buffer;
  /** It was longer, and the rest is lost. */
  readonly isCut: boolean;
}

/** `2026-11-20T10:00:00.123456789Z`, or the node's own offset instead of the Z. */
const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/;
const LONGEST_TIMESTAMP = 36;
const SPACE = 32;

/** `undefined` for a line without a timestamp. What is longer than `maxBytes` is cut. */
export function parseLogLine(given: Buffer, maxBytes: number): ParsedLine | undefined {
  const raw = given.subarray(0, maxBytes);
  const found = raw.subarray(0, LONGEST_TIMESTAMP).indexOf(SPACE);
  // An empty line of the container may come without the space.
  const end = found === -1 && raw.length <= LONGEST_TIMESTAMP ? raw.length : found;
  if (end === -1) return undefined;
  const timestamp = raw.toString('latin1', 0, end);
  const parts = TIMESTAMP.exec(timestamp);
  if (parts === null) return undefined;
  return {
    timestamp,
    second: secondOf(`${parts[1]}${parts[3]}`),
    nanos: Number((parts[2] ?? '').padEnd(9, '0')),
    hash: hashOf(raw),
    bytes: raw.subarray(Math.min(end + 1, raw.length)),
    isCut: given.length > maxBytes,
  };
}

let lastText = '';
let lastSecond = Number.NaN;

/** Lines come by the thousand to a second: the last one is remembered. */
function secondOf(text: string): number {
  if (text !== lastText) {
    lastSecond = Date.parse(text) / 1000;
    lastText = text;
  }
  return lastSecond;
}

/** FNV-1a with the length beside it: 52 bits that tell lines of one second apart, not a safeguard against anybody. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  // By index: an iterator costs five times as much, and this is done for every byte of a log.
  for (let at = 0; at < bytes.length; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return (hash >>> 0) * 0x100000 + (bytes.length & 0xfffff);
}
