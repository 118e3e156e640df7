import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiServer, ClusterAccess } from '../../../src/cluster/api.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { openRehearser, type RehearserOpening } from '../../../src/run/identities.ts';

/** Answers everything with 200 and keeps as whom it was asked. */
let server: Server;
const seen: (string | undefined)[] = [];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-01T10:00:00Z') });
  seen.length = 0;
  server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  vi.useRealTimers();
  server.close();
});

/** Gives out `issued-token-1`, `issued-token-2` … */
function issuer(): ApiServer {
  let issued = 0;
  return {
    url: 'https://cluster.test',
    close: () => undefined,
    send: async () => {
      issued += 1;
      return { status: 201, body: { status: { token: `issued-token-${issued}` } }, warnings: [] };
    },
    stream: () => Promise.reject(new Error('nothing is streamed here')),
  };
}

function opening(access: ClusterAccess): RehearserOpening {
  return { caller: issuer(), access, openServer: openApiServer };
}

describe('the rehearser', () => {
  it('goes on with a new token before the old one is over, and never with the credentials of the caller', async () => {
    const access = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      origin: 'here',
      credentials: () => Promise.resolve({ authorization: 'Bearer of-the-caller' }),
    };
    const { api } = await openRehearser(opening(access), 'kubernetes-executor', 'action-collect-logs');
    const read = () => api.send({ method: 'GET', path: '/api/v1/namespaces/shop' });
    await read();
    vi.setSystemTime('2026-03-01T10:08:00Z');
    await read();
    vi.setSystemTime('2026-03-01T10:09:30Z');
    await read();
    await Promise.all([read(), read()]);
    api.close();
    const [first, second] = ['Bearer issued-token-1', 'Bearer issued-token-2'];
    expect(seen).toEqual([first, first, second, second, second]);
  });

  it('has each of its tokens masked', async () => {
    const masked: string[] = [];
    const access = {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      origin: 'here',
      credentials: () => Promise.resolve({}),
      mask: (secret: string) => masked.push(secret),
    };
    const { api } = await openRehearser(opening(access), 'kubernetes-executor', 'action-collect-logs');
    vi.setSystemTime('2026-03-01T10:09:30Z');
    await api.send({ method: 'GET', path: '/version' });
    api.close();
    expect(masked).toEqual(expect.arrayContaining(['issued-token-1', 'issued-token-2']));
  });
});
