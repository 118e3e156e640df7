/** The kubelet's side of a container log: lines with their stamps, served by its rules, with faults on demand. */
import type { ServerResponse } from 'node:http';
import { type Answerer, json } from './loopback.ts';

export interface StoredLine {
  /** `2026-11-20T10:00:00.000000001Z` */
  readonly at: string;
  readonly bytes: Buffer;
}

export interface LogServer {
  readonly answer: Answerer;
  /** What the file holds; a test may take lines away, as a rotation does. */
  stored: StoredLine[];
  /** Without it the last stored line is unfinished. */
  endsWithNewline: boolean;
  running: boolean;
  /** Applied to the reads in turn; a read beyond them is served well. */
  readonly faults: Fault[];
  /** `sinceTime` of the reads; the empty text for none. */
  readonly reads: string[];
}

/** `cut`: after so many bytes. `end`: in good order after so many bytes, as an API server does that lost the node. `remainder`: begins with this, which has no stamp. `notice`: the kubelet's own words instead of the rest after so many bytes. */
export type Fault =
  | { readonly kind: 'cut'; readonly afterBytes: number }
  | { readonly kind: 'end'; readonly afterBytes: number }
  | { readonly kind: 'remainder'; readonly text: string }
  | { readonly kind: 'notice'; readonly afterLines: number; readonly text: string }
  | { readonly kind: 'status'; readonly status: number; readonly message: string };

export function openLogServer(stored: StoredLine[]): LogServer {
  const server: LogServer = {
    stored,
    endsWithNewline: true,
    running: false,
    faults: [],
    reads: [],
    answer: (asked, response, request) => {
      const limit = asked.query.get('limitBytes');
      if (limit !== null)
        return response.end(Buffer.concat(linesSince(server, null)).subarray(0, Number(limit)));
      if (asked.query.has('tailLines')) return response.end(linesSince(server, null).at(-1));
      server.reads.push(asked.query.get('sinceTime') ?? '');
      const fault = server.faults.shift();
      if (fault?.kind === 'status') return json(response, fault.status, { message: fault.message });
      const lines = linesSince(server, asked.query.get('sinceTime'));
      const body = Buffer.concat(lines);
      response.writeHead(200).flushHeaders();
      const stays = server.running && asked.query.has('follow');
      if (fault === undefined) return stays ? response.write(body) : response.end(body);
      if (fault.kind === 'cut')
        return cutAfter(response, body.subarray(0, fault.afterBytes), () => request.socket.destroy());
      return response.end(endedEarly(fault, lines));
    },
  };
  return server;
}

function endedEarly(fault: Exclude<Fault, { kind: 'cut' | 'status' }>, lines: readonly Buffer[]): Buffer {
  if (fault.kind === 'remainder') return Buffer.concat([Buffer.from(fault.text), ...lines]);
  if (fault.kind === 'end') return Buffer.concat(lines).subarray(0, fault.afterBytes);
  return Buffer.concat([...lines.slice(0, fault.afterLines), Buffer.from(fault.text)]);
}

/** Inclusive, and by whole seconds, as the kubelet filters. */
function linesSince(server: LogServer, since: string | null): Buffer[] {
  const chosen = server.stored.filter((line) => since === null || Date.parse(line.at) >= Date.parse(since));
  return chosen.map((line, at) => {
    const isUnfinished = at === chosen.length - 1 && !server.endsWithNewline;
    return Buffer.concat([Buffer.from(`${line.at} `), line.bytes, Buffer.from(isUnfinished ? '' : '\n')]);
  });
}

function cutAfter(response: ServerResponse, part: Buffer, cut: () => void): void {
  // The bytes must have left before the connection breaks.
  if (part.length === 0) cut();
  else response.write(part, () => setTimeout(cut, 5));
}

/** `count` lines, `perSecond` of them within each second. */
export function makeLines(count: number, perSecond: number, text: (index: number) => string): StoredLine[] {
  return Array.from({ length: count }, (_, index) => {
    const second = new Date(Date.UTC(2026, 10, 20, 10, 0, Math.floor(index / perSecond)))
      .toISOString()
      .slice(0, 19);
    const nanos = String((index % perSecond) * Math.floor(1e9 / perSecond)).padStart(9, '0');
    return { at: `${second}.${nanos}Z`, bytes: Buffer.from(text(index)) };
  });
}
