import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ApiServer } from '../../../src/cluster/api.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { type WatchOptions, watchCollection } from '../../../src/cluster/watch.ts';
import { type Answerer, json, type Loopback, openLoopback } from './loopback.ts';

vi.setConfig({ testTimeout: 30_000 });
afterEach(() => vi.useRealTimers());

const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'shop' };

const pod = (name: string, resourceVersion: string) => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion },
});
const list = (resourceVersion: string, ...items: readonly object[]): Answerer => {
  return (_asked, response) =>
    json(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion }, items });
};
const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };

/** Lists and watches are answered in turn, each from its own row; a watch beyond the row stays silent. */
function scripted(lists: readonly Answerer[], watches: readonly Answerer[]): Answerer {
  const left = { lists: [...lists], watches: [...watches] };
  return (asked, response, request) => {
    const row = asked.query.has('watch') ? left.watches : left.lists;
    const answer = row.shift();
    if (answer === undefined) response.writeHead(200).flushHeaders();
    else answer(asked, response, request);
  };
}

/** Sends these texts and then ends, breaks off, or stays. */
function stream(end: 'end' | 'cut' | 'stay', ...texts: readonly string[]): Answerer {
  return (_asked, response, request) => {
    response.writeHead(200);
    response.flushHeaders();
    response.write(texts.join('') || '\r', () => finish(end, response, () => request.socket.destroy()));
  };
}

function finish(end: 'end' | 'cut' | 'stay', response: ServerResponse, cut: () => void): void {
  if (end === 'end') response.end();
  if (end === 'cut') cut();
}

/** What the watch tells until it told `count` events. */
async function tell(
  answer: Answerer,
  count: number,
  options: Partial<WatchOptions> = {},
): Promise<{ events: string[]; server: Loopback }> {
  await using server = await openLoopback(answer);
  const api = openApiServer(server.access, { backoffMs: 2 });
  try {
    return { events: await take(api, count, options), server };
  } finally {
    api.close();
  }
}

async function take(api: ApiServer, count: number, options: Partial<WatchOptions>): Promise<string[]> {
  const stop = new AbortController();
  const events: string[] = [];
  for await (const { type, object } of watchCollection(api, pods, { signal: stop.signal, ...options })) {
    events.push(`${type} ${object.metadata.name} ${object.metadata.resourceVersion}`);
    if (events.length === count) stop.abort();
  }
  return events;
}

const watchesOf = (server: Loopback) => server.asked.filter((asked) => asked.query.has('watch'));
const positionsOf = (server: Loopback) =>
  watchesOf(server).map((asked) => asked.query.get('resourceVersion'));

describe('watchCollection', () => {
  it('lists, then watches from there, and splits events as they come in pieces', async () => {
    const modified = event('MODIFIED', pod('a', '12'));
    const pieces: Answerer = (_asked, response) => {
      response.write(event('ADDED', pod('b', '11')) + modified.slice(0, 20));
      setTimeout(() => response.write(modified.slice(20) + event('DELETED', pod('b', '13'))), 20);
    };
    const { events, server } = await tell(scripted([list('10', pod('a', '9'))], [pieces]), 4, {
      labelSelector: 'app=web',
    });
    expect(events).toEqual(['listed a 9', 'added b 11', 'modified a 12', 'deleted b 13']);
    const [watch] = watchesOf(server);
    expect(Object.fromEntries(watch?.query ?? [])).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      timeoutSeconds: '290',
      labelSelector: 'app=web',
    });
  });

  it('goes on where it was after a cut and after the end, bookmarks included', async () => {
    const watches = [
      stream('cut', event('ADDED', pod('b', '11'))),
      stream('end', event('BOOKMARK', { kind: 'Pod', metadata: { resourceVersion: '20' } })),
      stream('stay', event('MODIFIED', pod('b', '21'))),
    ];
    const { events, server } = await tell(scripted([list('10')], watches), 2);
    expect(events).toEqual(['added b 11', 'modified b 21']);
    expect(positionsOf(server)).toEqual(['10', '11', '20']);
  });

  it.each<[string, Answerer]>([
    ['within the stream', stream('end', event('ERROR', expired))],
    ['as status', (_asked, response) => json(response, 410, expired)],
  ])(
    'lists again when its position has expired %s, and tells what has changed meanwhile',
    async (_how, gone) => {
      const lists = [list('10', pod('a', '8'), pod('b', '9')), list('30', pod('b', '9'), pod('c', '25'))];
      const { events } = await tell(scripted(lists, [gone]), 4);
      expect(events).toEqual(['listed a 8', 'listed b 9', 'listed c 25', 'deleted a 8']);
    },
  );

  it('begins anew after something that is no event, without telling anything twice', async () => {
    const watches = [
      stream('stay', event('ADDED', pod('b', '11')), 'upstream connect error\n'),
      stream('stay', event('ADDED', pod('c', '12'))),
    ];
    const { events, server } = await tell(scripted([list('10')], watches), 2);
    expect(events).toEqual(['added b 11', 'added c 12']);
    expect(positionsOf(server)).toEqual(['10', '11']);
  });

  it('does not trust a silent watch', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true });
    const silent: Answerer = async (_asked, response) => {
      response.writeHead(200).flushHeaders();
      // When the watch has got the headers it knows alone.
      for (; !response.closed; await sleep(100)) await vi.advanceTimersByTimeAsync(76_000);
    };
    // The one that tells may be held for silent as well, and the next one must tell.
    const telling = Array<Answerer>(9).fill(stream('stay', event('ADDED', pod('b', '11'))));
    const { events } = await tell(scripted([list('10')], [silent, ...telling]), 1);
    expect(events).toEqual(['added b 11']);
  });

  it('comes back after a server that was away', async () => {
    const away: Answerer = (_asked, response) => json(response, 503, {});
    const watches = [...Array<Answerer>(11).fill(away), stream('stay', event('ADDED', pod('b', '11')))];
    expect((await tell(scripted([list('10')], watches), 1)).events).toEqual(['added b 11']);
  });

  it('starts from a given position without a list', async () => {
    const { events, server } = await tell(scripted([], [stream('stay', event('ADDED', pod('b', '11')))]), 1, {
      resourceVersion: '5',
    });
    expect(events).toEqual(['added b 11']);
    expect(positionsOf(server)).toEqual(['5']);
  });

  it('says when a list has been told whole, be it empty', async () => {
    const stop = new AbortController();
    const { events } = await tell(scripted([list('10')], []), 1, {
      signal: stop.signal,
      onListed: () => stop.abort(),
    });
    expect(events).toEqual([]);
  });

  it.each([401, 403, 404, 400])('throws %i, which waiting does not mend', async (code) => {
    const refuse: Answerer = (_asked, response) => json(response, code, { message: 'no such right' });
    const always = Array.from({ length: 9 }, () => refuse);
    await expect(tell(scripted(always, []), 1)).rejects.toThrow('no such right');
    await expect(tell(scripted([list('10')], always), 1)).rejects.toThrow('no such right');
  });
});
