/**
 * The last line of a log, asked for before the log is read. An API server ends a log in good order also where the
 * connection to the node broke: only a read that came as far as this line was whole.
 */
import type { ApiServer } from './api.ts';
import { openLineSplitter } from './lines.ts';
import { type ParsedLine, parseLogLine } from './log-line.ts';

export type LogEnd = Pick<ParsedLine, 'hash' | 'bytes'>;

/** containerd and CRI-O store a line in pieces of 16 KiB, and the kubelet counts these as lines. */
const LEAST_PIECE_BYTES = 4096;
const MOST_BYTES = 256 * 1024;
/** Enough for a timestamp. */
const FIRST_BYTES = 100;

/** `undefined` for an empty log, and where the node has nothing to say but words of its own. */
export async function readLogEnd(
  api: ApiServer,
  request: Parameters<ApiServer['stream']>[0],
): Promise<LogEnd | undefined> {
  const splitter = openLineSplitter(MOST_BYTES);
  const lines: Buffer[] = [];
  const query = { ...request.query, tailLines: '1' };
  for await (const chunk of await api.stream({ ...request, query })) lines.push(...splitter.push(chunk));
  const raw = [...lines, splitter.rest()].findLast(({ length }) => length > 0);
  return raw === undefined ? undefined : parseLogLine(Buffer.from(raw), MOST_BYTES);
}

/** The timestamp of the first line that the node still has; `undefined` where there is none. */
export async function readFirstTimestamp(
  api: ApiServer,
  request: Parameters<ApiServer['stream']>[0],
): Promise<string | undefined> {
  const { sinceTime: _since, ...query } = request.query ?? {};
  const chunks: Uint8Array[] = [];
  const limited = { ...request, query: { ...query, limitBytes: String(FIRST_BYTES) } };
  for await (const chunk of await api.stream(limited)) chunks.push(chunk);
  return parseLogLine(Buffer.concat(chunks).subarray(0, FIRST_BYTES), FIRST_BYTES)?.timestamp;
}

/** Whether the line is the log's last one, or ends with its last piece. */
export function isEndOf(line: ParsedLine, end: LogEnd | undefined): boolean {
  if (end === undefined || line.hash === end.hash || line.isCut) return true;
  const { bytes } = line;
  return bytes.length >= LEAST_PIECE_BYTES && bytes.subarray(-end.bytes.length).equals(end.bytes);
}
