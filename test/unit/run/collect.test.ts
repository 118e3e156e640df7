import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectLogs } from '../../../src/catalog/collect-logs.ts';
import { DEPLOYMENT } from '../../../src/catalog/workloads.ts';
import type { ApiRequest, ApiServer } from '../../../src/cluster/api.ts';
import { ApiError, NoAnswer } from '../../../src/cluster/errors.ts';
import type { CollectItem } from '../../../src/plan/plan.ts';
import { placeBelow } from '../../../src/run/artifact-file.ts';
import { collect } from '../../../src/run/collect.ts';
import { Recording } from '../../../src/run/recording.ts';
import { scaledRecord, scalePlan } from '../step/scaled-record.ts';

const MIB = 1024 * 1024;
const running = { state: { running: { startedAt: '2026-03-01T10:00:00Z' } } };
const crashed = { state: { waiting: {} }, lastState: { terminated: { exitCode: 1 } } };
const waiting = { state: { waiting: { reason: 'ContainerCreating' } } };

type Stream = (request: ApiRequest) => AsyncIterable<Uint8Array>;

/** One pod with one container, and a log that is whatever `stream` gives. */
function server(stream: Stream, status: object = running, uid = 'u-1'): ApiServer {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'shop', uid },
    status: { containerStatuses: [{ name: 'app', ...status }] },
  };
  return {
    url: 'https://cluster.test',
    close: () => undefined,
    send: async () => ({ status: 200, body: pod, warnings: [] }),
    stream: async (request) => stream(request),
  };
}

async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

/** The log of a container as the kubelet serves it: each line with its stamp; asked for its end, the last one alone. */
function logOf(
  text: string,
  torn: (body: Buffer, read: number) => AsyncIterable<Uint8Array> = chunked,
): Stream {
  const lines = text.split(/(?<=\n)/).map((line, index) => `2026-03-01T10:00:0${index}.000000001Z ${line}`);
  let reads = 0;
  return ({ query }) => {
    if (query?.['tailLines'] === '1') return chunks(lines.at(-1) ?? '');
    reads += 1;
    return torn(Buffer.from(lines.join('')), reads);
  };
}

/** In pieces that end anywhere. */
async function* chunked(body: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 7) yield body.subarray(at, at + 7);
}

function log(previous = false, limitBytes = MIB): CollectItem {
  const path = { group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: 'web-1' };
  return {
    file: `logs/web-1/app${previous ? '.previous' : ''}.log`,
    content: {
      kind: 'log',
      path: { ...path, subresource: 'log' },
      uid: 'u-1',
      container: 'app',
      previous,
      query: {},
      limitBytes,
    },
  };
}

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collect-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

interface Given {
  readonly collects?: readonly CollectItem[];
  readonly secrets?: readonly string[];
  readonly cancelled?: AbortSignal;
}

async function collecting(api: ApiServer, given: Given = {}) {
  const { collects = [log()], secrets = [], cancelled = new AbortController().signal } = given;
  const request = { ...scaledRecord().request, action: collectLogs, kind: DEPLOYMENT };
  const recording = new Recording('collect-logs-x', 'run', request);
  const said: string[] = [];
  const ending = await collect({
    plan: { ...scalePlan, summary: 'collect logs', requests: [], collects },
    api,
    recording,
    folder,
    secrets: () => secrets,
    cancelled,
    deadlineMs: performance.now() + 60_000,
    report: (text) => said.push(text),
  });
  return { ending, said, files: recording.known.collected?.files ?? [] };
}

function contentOf(file = 'logs/web-1/app.log'): Promise<string> {
  return readFile(join(folder, file), 'utf8');
}

describe('collecting a log', () => {
  it('writes it byte for byte, for its owner alone, with count and hash', async () => {
    const text = '::error::x\nab\nlast';
    const { ending, files } = await collecting(server(logOf(text)));
    expect(ending).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(await contentOf()).toBe(text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(files).toEqual([{ file: 'logs/web-1/app.log', outcome: 'complete', bytes: 18, lines: 3, sha256 }]);
    expect((await stat(join(folder, 'logs/web-1/app.log'))).mode & 0o077).toBe(0);
  });

  it("says a line per file and nothing of the log's own", async () => {
    const { said } = await collecting(server(logOf('hello from the pod\n')));
    expect(said).toEqual(['logs/web-1/app.log: 1 line, 19 bytes']);
  });

  it('writes none of the credentials that the step was given', async () => {
    const { files } = await collecting(server(logOf('Bearer my-own-token!\n')), {
      secrets: ['my-own-token'],
    });
    expect(await contentOf()).toBe('Bearer ***!\n');
    expect(files[0]?.bytes).toBe(12);
  });

  it.each([
    [10, 'complete', '01234\n6789'],
    [9, 'cut', '01234\n678'],
    [4, 'cut', '0123'],
  ] as const)('with a limit of %i bytes is %s', async (limit, outcome, text) => {
    const api = server(logOf('01234\n6789'));
    const { ending, files } = await collecting(api, { collects: [log(false, limit)] });
    expect(await contentOf()).toBe(text);
    expect(files[0]?.outcome).toBe(outcome);
    expect(ending.result).toBe('succeeded');
  });

  it('reads on where the connection broke, and where the server ended it too early', async () => {
    async function* torn(body: Buffer, read: number): AsyncGenerator<Uint8Array> {
      yield body.subarray(0, 40 * read);
      if (read === 1) throw new NoAnswer('the connection broke');
    }
    const { ending, files } = await collecting(server(logOf('one\ntwo\nthree\n', torn)));
    expect(await contentOf()).toBe('one\ntwo\nthree\n');
    expect(files).toMatchObject([{ outcome: 'complete', lines: 3 }]);
    expect(ending.result).toBe('succeeded');
  });

  it('that keeps breaking fails, says which file is not whole, and marks the place in it', async () => {
    async function* torn(body: Buffer): AsyncGenerator<Uint8Array> {
      yield body.subarray(0, 40);
      throw new NoAnswer('the connection broke');
    }
    const { ending, files } = await collecting(server(logOf('one\ntwo\n', torn)));
    expect(ending).toMatchObject({ result: 'failed', reasonCode: 'collect-incomplete' });
    expect(ending.message).toContain('the connection broke');
    expect(files[0]?.outcome).toBe('failed');
    expect(await contentOf()).toMatch(
      /^one\n--- the rest of the log could not be read: .+ \(after 2026.+\) ---\n$/,
    );
  });

  it('with its times has each before its line', async () => {
    const timed = log();
    const content = { ...timed.content, query: { timestamps: 'true' } } as CollectItem['content'];
    await collecting(server(logOf('one\n\n')), { collects: [{ ...timed, content }] });
    expect(await contentOf()).toBe('2026-03-01T10:00:00.000000001Z one\n2026-03-01T10:00:01.000000001Z \n');
  });

  it('that can not be written fails, and the others are there', async () => {
    await writeFile(join(folder, 'logs'), 'in the way');
    const other = { ...log(), file: 'other.log' };
    const { ending, files } = await collecting(server(logOf('one\n')), { collects: [log(), other] });
    expect(ending).toMatchObject({ result: 'failed', reasonCode: 'collect-incomplete' });
    expect(files).toMatchObject([
      { outcome: 'failed', note: expect.stringContaining('could not be written') },
      { outcome: 'complete' },
    ]);
  });
});

describe('a container without a log', () => {
  const refusing = (status: object) =>
    server(() => {
      throw new ApiError(400, { message: 'container "app" is waiting to start' });
    }, status);

  it('is no failure where it has not started', async () => {
    const { ending, files } = await collecting(refusing(waiting));
    expect(ending.result).toBe('succeeded');
    expect(files).toMatchObject([{ outcome: 'absent', note: 'container "app" is waiting to start' }]);
  });

  it('is no failure where it was never put on a node, for which the server gives an empty log', async () => {
    const { files } = await collecting(server(() => chunks(), {}));
    expect(files).toMatchObject([{ outcome: 'absent', note: 'the container has not started' }]);
  });

  it('is a failure where it runs', async () => {
    expect((await collecting(refusing(running))).ending.reasonCode).toBe('collect-incomplete');
  });

  it.each([
    [true, 'absent'],
    [false, 'failed'],
  ] as const)('is told where the node has lost it (previous: %s)', async (previous, outcome) => {
    const lost = 'unable to retrieve container logs for containerd://0123abc';
    const { files } = await collecting(
      server(() => chunks(lost), crashed),
      { collects: [log(previous)] },
    );
    expect(files).toMatchObject([{ outcome, note: 'the node no longer has this log' }]);
  });
});

describe('collecting', () => {
  it('does not take the log of another pod of that name for the one that was planned', async () => {
    const { ending, files } = await collecting(server(logOf('x\n'), running, 'u-2'));
    expect(ending.reasonCode).toBe('collect-incomplete');
    expect(files[0]?.note).toContain('replaced');
    await expect(contentOf()).rejects.toThrow('ENOENT');
  });

  it('goes on where one file fails, in the order of the plan', async () => {
    const api = server((request) => {
      if (request.query?.['previous'] === 'true') throw new ApiError(403, { message: 'forbidden' });
      return logOf('x\n')(request);
    }, crashed);
    const { ending, files } = await collecting(api, { collects: [log(true), log()] });
    expect(files.map(({ outcome }) => outcome)).toEqual(['failed', 'complete']);
    expect(ending.message).toContain('app.previous.log: forbidden');
  });

  it('that is cancelled says so, and keeps what it has', async () => {
    const stop = new AbortController();
    async function* endless(body: Buffer): AsyncGenerator<Uint8Array> {
      yield body.subarray(0, 40);
      stop.abort();
      throw new NoAnswer('was stopped', { isFinal: true });
    }
    const { ending } = await collecting(server(logOf('one\ntwo\n', endless)), { cancelled: stop.signal });
    expect(ending.result).toBe('cancelled');
    expect(await contentOf()).toMatch(/^one\n--- reading was stopped before the end of the log .+\n$/);
  });

  it.each(['../x', 'a/../../x', '.'])('writes nothing outside its folder: %s', (file) => {
    expect(() => placeBelow('/tmp/artifact', file)).toThrow('not below');
  });
});
