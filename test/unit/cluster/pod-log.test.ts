import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClusterAccess } from '../../../src/cluster/api.ts';
import { renewing } from '../../../src/cluster/credentials/renewal.ts';
import { type FollowedLog, followLog, type LogLine, type LogSource } from '../../../src/cluster/pod-log.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { type LogServer, makeLines, openLogServer, type StoredLine } from './log-server.ts';
import { openLoopback } from './loopback.ts';

vi.setConfig({ testTimeout: 60_000 });
afterEach(() => vi.useRealTimers());

interface Followed extends FollowedLog {
  readonly text: string;
  /** Of the lines given out, in order. */
  readonly stamps: readonly string[];
  /** Of the last line given out when a gap was told. */
  readonly marks: readonly (string | undefined)[];
}

/** `onCount` hears how many lines have been given out. */
async function follow(
  kubelet: LogServer,
  options: Partial<LogSource> = {},
  onCount: (lines: number) => void = () => {},
  access: Partial<ClusterAccess> = {},
): Promise<Followed> {
  await using server = await openLoopback(kubelet.answer);
  const api = openApiServer({ ...server.access, ...access }, { backoffMs: 2 });
  const pieces: Buffer[] = [];
  const stamps: string[] = [];
  const marks: (string | undefined)[] = [];
  const source: LogSource = {
    namespace: 'shop',
    pod: 'job-1',
    container: 'executor',
    signal: AbortSignal.timeout(60_000),
    ended: () => !kubelet.running,
    ...options,
  };
  try {
    const onLine = ({ bytes, hasNewline, timestamp }: LogLine): void => {
      pieces.push(Buffer.from(bytes), Buffer.from(hasNewline ? '\n' : ''));
      stamps.push(timestamp);
      onCount(stamps.length);
    };
    const result = await followLog(api, source, onLine, () => marks.push(stamps.at(-1)));
    return { ...result, text: Buffer.concat(pieces).toString('latin1'), stamps, marks };
  } finally {
    api.close();
  }
}

const textOf = (lines: readonly StoredLine[]): string =>
  lines.map((line) => `${line.bytes.toString('latin1')}\n`).join('');

describe('followLog', () => {
  it('gives out a log whole and knows that it is', async () => {
    const lines = makeLines(500, 100, (index) => `line ${index}`);
    const log = await follow(openLogServer(lines));
    expect(log).toMatchObject({
      complete: true,
      lines: 500,
      bytes: textOf(lines).length,
      gaps: [],
      notices: [],
    });
    expect(log.text).toBe(textOf(lines));
    expect(log.stamps[499]).toBe('2026-11-20T10:00:04.990000000Z');
  });

  it('follows a running container and reads on to its end', async () => {
    const kubelet = openLogServer(makeLines(10, 5, (index) => `line ${index}`));
    kubelet.running = true;
    const log = await follow(kubelet, {}, (lines) => {
      if (lines === 10) kubelet.stored = makeLines(20, 5, (index) => `line ${index}`);
      if (lines === 10) kubelet.running = false;
    });
    expect(log).toMatchObject({ complete: true, lines: 20 });
    expect(log.text).toBe(textOf(kubelet.stored));
    expect(kubelet.reads).toEqual(['', '2026-11-20T10:00:00Z']);
  });

  it('loses nothing and repeats nothing wherever it is cut, also with equal lines in one second', async () => {
    const lines = makeLines(60, 25, (index) => (index % 3 === 0 ? 'the same' : `line ${index % 7}`));
    const size = lines.reduce((sum, line) => sum + line.at.length + line.bytes.length + 2, 0);
    const cuts = fc.array(fc.nat({ max: size + 10 }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, fc.boolean(), async (afterBytes, endsWithNewline) => {
        const kubelet = openLogServer(lines);
        kubelet.endsWithNewline = endsWithNewline;
        kubelet.faults.push(...afterBytes.map((bytes) => ({ kind: 'cut', afterBytes: bytes }) as const));
        const log = await follow(kubelet);
        expect(log).toMatchObject({ complete: true, lines: 60 });
        expect(log.text).toBe(endsWithNewline ? textOf(lines) : textOf(lines).slice(0, -1));
      }),
      { numRuns: 8 },
    );
  });

  it('keeps bytes that are no text, empty lines and carriage returns', async () => {
    const lines = makeLines(4, 10, () => '');
    const bytes = [
      Buffer.from([0xff, 0xfe, 0x00, 0x41]),
      Buffer.from(''),
      Buffer.from('50 %\r'),
      Buffer.from('::error::x'),
    ];
    const stored = lines.map((line, index) => ({ ...line, bytes: bytes[index] ?? Buffer.from('') }));
    expect((await follow(openLogServer(stored))).text).toBe('\xff\xfe\x00A\n\n50 %\r\n::error::x\n');
  });

  it('takes a line of 10 MB, and says so where it cuts a longer one', async () => {
    const long = await follow(
      openLogServer(makeLines(2, 1, (index) => 'x'.repeat(index === 0 ? 10_000_000 : 5))),
    );
    expect(long).toMatchObject({ complete: true, lines: 2, bytes: 10_000_007 });
    const tooLong = await follow(
      openLogServer(makeLines(2, 1, (index) => 'x'.repeat(index === 0 ? 17_000_000 : 5))),
    );
    expect(tooLong).toMatchObject({
      complete: false,
      lines: 2,
      gaps: [{ reason: 'a line longer than 16 MiB was cut' }],
    });
    expect(tooLong.text.slice(-7)).toBe('\nxxxxx\n');
    expect(tooLong.marks).toEqual(['2026-11-20T10:00:00.000000000Z']);
  });

  it('waits for a container that is being created', async () => {
    const kubelet = openLogServer(makeLines(3, 1, () => 'x'));
    kubelet.running = true;
    kubelet.faults.push({
      kind: 'status',
      status: 400,
      message: 'container "executor" in pod "job-1" is waiting to start',
    });
    const finish = (): void => {
      kubelet.running = false;
    };
    expect(await follow(kubelet, {}, finish)).toMatchObject({ complete: true, lines: 3 });
  });

  it('knows that a container which never started has written nothing', async () => {
    const kubelet = openLogServer([]);
    kubelet.faults.push({
      kind: 'status',
      status: 400,
      message: 'is waiting to start: trying and failing to pull image',
    });
    expect(await follow(kubelet)).toMatchObject({ complete: true, lines: 0 });
  });

  it('reports the end as missing when the pod is gone', async () => {
    const kubelet = openLogServer(makeLines(3, 1, () => 'x'));
    kubelet.running = true;
    kubelet.faults.push(
      { kind: 'cut', afterBytes: 40 },
      { kind: 'status', status: 404, message: 'pods "job-1" not found' },
    );
    expect(await follow(kubelet)).toMatchObject({
      complete: false,
      lines: 1,
      gaps: [
        {
          after: '2026-11-20T10:00:00.000000000Z',
          reason: 'the pod was gone before the end of its log was read: pods "job-1" not found',
        },
      ],
    });
  });

  it('reports a gap where the file was rotated between two reads', async () => {
    const all = makeLines(100, 10, (index) => `line ${index}`);
    const kubelet = openLogServer(all.slice(0, 50));
    kubelet.running = true;
    const log = await follow(kubelet, {}, (lines) => {
      if (lines === 50) kubelet.stored = all.slice(70);
      if (lines === 50) kubelet.running = false;
    });
    expect(log.text).toBe(textOf([...all.slice(0, 50), ...all.slice(70)]));
    expect(log).toMatchObject({
      complete: false,
      gaps: [{ after: all[49]?.at, reason: 'the log was rotated: lines may be missing' }],
    });
    expect(log.marks).toEqual([all[49]?.at]);
  });

  it('where the file was rotated but the last line known is still there, tells that it can not know', async () => {
    const all = makeLines(100, 50, (index) => `line ${index}`);
    const kubelet = openLogServer(all.slice(0, 60));
    kubelet.running = true;
    const log = await follow(kubelet, {}, (lines) => {
      if (lines === 60) kubelet.stored = all.slice(55);
      if (lines === 60) kubelet.running = false;
    });
    expect(log).toMatchObject({
      complete: false,
      lines: 100,
      gaps: [{ after: all[99]?.at, reason: expect.stringContaining('rotated while it was followed') }],
    });
    expect(log.text).toBe(textOf(all));
  });

  it("keeps the kubelet's own words out of the log and reads again", async () => {
    const text = 'failed to create fsnotify watcher: too many open files';
    const kubelet = openLogServer(makeLines(10, 2, (index) => `line ${index}`));
    kubelet.running = true;
    kubelet.faults.push({ kind: 'notice', afterLines: 4, text: `${text}\n` });
    const log = await follow(kubelet, {}, (lines) => {
      if (lines === 10) kubelet.running = false;
    });
    expect(log).toMatchObject({ complete: true, lines: 10, notices: [text] });
    expect(log.text).toBe(textOf(kubelet.stored));
  });

  it('does not call a log complete whose last read ended in such words', async () => {
    const kubelet = openLogServer([]);
    const text = 'unable to retrieve container logs for containerd://1';
    kubelet.faults.push({ kind: 'notice', afterLines: 0, text });
    expect(await follow(kubelet)).toMatchObject({
      complete: false,
      lines: 0,
      gaps: [{ reason: expect.stringContaining(text) }],
    });
  });

  it('reads on where the server ended the log in good order before its last line', async () => {
    const kubelet = openLogServer(makeLines(60, 25, (index) => `line ${index}`));
    kubelet.faults.push(
      { kind: 'end', afterBytes: 500 },
      { kind: 'end', afterBytes: 0 },
      { kind: 'end', afterBytes: 1200 },
    );
    const log = await follow(kubelet);
    expect(log).toMatchObject({ complete: true, lines: 60, gaps: [] });
    expect(log.text).toBe(textOf(kubelet.stored));
    expect(kubelet.reads).toHaveLength(4);
  });

  it('gives up where that goes on and on, and marks the place', async () => {
    const kubelet = openLogServer(makeLines(3, 1, () => 'x'));
    kubelet.faults.push(...Array.from({ length: 9 }, () => ({ kind: 'end', afterBytes: 40 }) as const));
    const log = await follow(kubelet, { mostFruitless: 3 });
    expect(log).toMatchObject({
      complete: false,
      lines: 1,
      gaps: [{ after: '2026-11-20T10:00:00.000000000Z', reason: expect.stringContaining('node broke') }],
    });
    expect(kubelet.reads).toHaveLength(4);
  });

  it('takes what is left of a long line at the beginning of a resumed read for no gap', async () => {
    const kubelet = openLogServer(makeLines(30, 10, (index) => `line ${index}`));
    kubelet.faults.push(
      { kind: 'cut', afterBytes: 900 },
      { kind: 'remainder', text: 'the end of a long line\n' },
    );
    const log = await follow(kubelet);
    expect(log).toMatchObject({ complete: true, lines: 30, gaps: [] });
    expect(log.text).toBe(textOf(kubelet.stored));
  });

  it('finds its way on where the clock of the node was set back', async () => {
    const kubelet = openLogServer(makeLines(60, 10, (index) => `line ${index}`));
    const before = kubelet.stored.map(({ at, bytes }) => ({ at: at.replace('T10', 'T11'), bytes }));
    kubelet.stored = [...before.slice(0, 30), ...kubelet.stored.slice(30)];
    kubelet.faults.push({ kind: 'cut', afterBytes: 1500 }, { kind: 'cut', afterBytes: 1700 });
    const log = await follow(kubelet);
    expect(log).toMatchObject({ complete: true, lines: 60, gaps: [] });
    expect(log.text).toBe(textOf(kubelet.stored));
  });

  it('begins a silent follow anew', async () => {
    const kubelet = openLogServer(makeLines(3, 1, () => 'x'));
    kubelet.running = true;
    const ended = (): boolean => {
      kubelet.running = kubelet.reads.length < 3;
      return !kubelet.running;
    };
    expect(await follow(kubelet, { silentAfterMs: 100, ended })).toMatchObject({ complete: true, lines: 3 });
  });

  it('reads on to the end where the container ends while credentials are renewed', async () => {
    const kubelet = openLogServer(makeLines(6, 1, () => 'x'));
    kubelet.running = true;
    kubelet.faults.push({ kind: 'cut', afterBytes: 80 });
    const renewal = Promise.withResolvers<void>();
    let renewals = 0;
    const source = renewing(async () => {
      renewals += 1;
      if (renewals === 2) {
        kubelet.running = false;
        await renewal.promise;
      }
      return { credentials: { authorization: 'Bearer token-1' }, expiresAt: Date.now() };
    });
    const credentials = (signal?: AbortSignal) => {
      signal?.addEventListener('abort', () => renewal.resolve());
      return source.credentials(signal);
    };
    const log = await follow(kubelet, {}, undefined, { credentials });
    expect(log).toMatchObject({ complete: true, lines: 6, gaps: [] });
  });

  it('stops at the signal and calls the rest a gap', async () => {
    const kubelet = openLogServer(makeLines(3, 1, () => 'x'));
    kubelet.running = true;
    const stop = new AbortController();
    const atThree = (lines: number): void => {
      if (lines === 3) stop.abort();
    };
    expect(await follow(kubelet, { signal: stop.signal }, atThree)).toMatchObject({
      complete: false,
      lines: 3,
      gaps: [{ reason: 'reading was stopped before the end of the log' }],
    });
  });

  it('gives up where the right to read logs is missing', async () => {
    const kubelet = openLogServer([]);
    const denial = { kind: 'status', status: 403, message: 'may not get pods/log' } as const;
    kubelet.faults.push(...Array.from({ length: 50 }, () => denial));
    vi.useFakeTimers({ toFake: ['performance'] });
    const passing = setInterval(() => vi.advanceTimersByTime(1000), 30);
    const followed = follow(kubelet).finally(() => clearInterval(passing));
    await expect(followed).rejects.toThrow('may not get pods/log');
    expect(performance.now()).toBeGreaterThan(15_000);
  });

  it('bears with a server that has just started, and with a node that does not know the pod yet', async () => {
    const kubelet = openLogServer(makeLines(3, 1, () => 'x'));
    kubelet.faults.push(
      { kind: 'status', status: 403, message: 'may not get pods/log' },
      { kind: 'status', status: 401, message: 'Unauthorized' },
      {
        kind: 'status',
        status: 404,
        message: 'the server could not find the requested resource ( pods/log job-1)',
      },
    );
    expect(await follow(kubelet)).toMatchObject({ complete: true, lines: 3, gaps: [] });
  });
});
