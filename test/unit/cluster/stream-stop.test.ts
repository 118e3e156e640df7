/** A stream whose answer has been read to its end, also one that is stopped then: its connection is no longer its own. */
import { afterEach, describe, expect, it } from 'vitest';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { json, type Loopback, openLoopback } from './loopback.ts';

const PATH = '/api/v1/namespaces/shop/pods/web-1/log';
let server: Loopback;

afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

describe('a stream that is stopped after the server has sent all of it', () => {
  it.each([
    ['at once', () => Promise.resolve()],
    ['when its end was heard', () => new Promise((resolve) => setImmediate(resolve))],
  ])('still gives out what was read, and ends (%s)', async (_when, wait) => {
    server = await openLoopback((_asked, response) => response.end('one\ntwo\n'));
    const api = openApiServer(server.access);
    const stop = new AbortController();
    const chunks: string[] = [];
    for await (const chunk of await api.stream({ method: 'GET', path: PATH, signal: stop.signal })) {
      chunks.push(Buffer.from(chunk).toString('utf8'));
      await wait();
      stop.abort();
      // An error that nobody listens to would end the process by now.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(chunks.join('')).toBe('one\ntwo\n');
    api.close();
  });

  it('leaves alone the request that goes over its connection by then', async () => {
    const { promise: isAsked, resolve: ask } = Promise.withResolvers<() => void>();
    server = await openLoopback((asked, response) => {
      if (asked.url.endsWith('/log')) response.end('one\n');
      else ask(() => json(response, 200, { kind: 'Pod' }));
    });
    const api = openApiServer(server.access);
    const stop = new AbortController();
    const stream = await api.stream({ method: 'GET', path: PATH, signal: stop.signal });
    const reading = stream[Symbol.asyncIterator]();
    await reading.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const next = api.send({ method: 'GET', path: '/api/v1/namespaces/shop/pods/web-1' });
    const answer = await isAsked;
    stop.abort();
    answer();
    expect(await next).toMatchObject({ status: 200 });
    expect(server.connections()).toBe(1);
    api.close();
  });
});

describe('a stream', () => {
  it('takes the connection of those that have ended, however many there were', async () => {
    server = await openLoopback((_asked, response) => response.end('one\n'));
    const api = openApiServer(server.access);
    for (let count = 0; count < 20; count += 1) {
      for await (const chunk of await api.stream({ method: 'GET', path: PATH })) {
        expect(Buffer.from(chunk).toString()).toBe('one\n');
      }
    }
    expect(server.connections()).toBe(1);
    api.close();
  });
});
