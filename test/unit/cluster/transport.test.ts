import { describe, expect, it, vi } from 'vitest';
import type { ApiRequest, ApiServer } from '../../../src/cluster/api.ts';
import { ApiError } from '../../../src/cluster/errors.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { type Answerer, accessTo, failureOf, json, type Loopback, openLoopback } from './loopback.ts';

vi.setConfig({ testTimeout: 60_000 });

const FAST = { backoffMs: 2 };
const get: ApiRequest = { method: 'GET', path: '/api/v1/namespaces/shop' };
const write: ApiRequest = { method: 'POST', path: '/api/v1/namespaces', body: { a: 'ä' } };

/** Answers with the given ones in turn, the last one for ever. */
function inTurn(...answers: readonly Answerer[]): Answerer {
  let next = 0;
  return (...call) => {
    const answer = answers[Math.min(next, answers.length - 1)];
    next += 1;
    return answer?.(...call);
  };
}

const ok: Answerer = (_asked, response) => json(response, 200, { ok: true });
const status =
  (code: number, body: unknown = {}, headers: object = {}): Answerer =>
  (_asked, response) =>
    json(response, code, body, headers);
const resetMidBody: Answerer = (_asked, response, request) => {
  response.writeHead(200, { 'content-length': 1000 });
  response.write('{"half":', () => request.socket.destroy());
};

async function withServer(
  answer: Answerer,
  use: (api: ApiServer, server: Loopback) => Promise<void>,
): Promise<void> {
  await using server = await openLoopback(answer);
  const api = openApiServer(server.access, FAST);
  try {
    await use(api, server);
  } finally {
    api.close();
  }
}

describe('sending', () => {
  it('sends method, path, query, headers and JSON, and keeps the connection', async () => {
    await withServer(ok, async (api, server) => {
      const response = await api.send({ ...write, query: { dryRun: 'All', 'a b': '&' }, contentType: 'x/y' });
      expect(response).toEqual({ status: 200, body: { ok: true }, warnings: [] });
      expect(server.asked[0]).toMatchObject({
        method: 'POST',
        url: '/api/v1/namespaces?dryRun=All&a+b=%26',
        body: '{"a":"ä"}',
        headers: { authorization: 'Bearer token-1', 'content-type': 'x/y', 'content-length': '10' },
      });
      for (let i = 0; i < 20; i += 1) await api.send(get);
      expect(server.connections()).toBe(1);
    });
  });

  it('keeps the path of a server behind a gateway and says whom to impersonate', async () => {
    await using server = await openLoopback(ok);
    const credentials = async () => ({ impersonate: { user: 'jane', groups: ['a', 'b'] } });
    const api = openApiServer({
      ...server.access,
      url: `${server.access.url}/k8s/clusters/c-1/`,
      credentials,
    });
    await api.send(get);
    api.close();
    expect(api.url).toBe(server.access.url);
    expect(server.asked[0]?.url).toBe('/k8s/clusters/c-1/api/v1/namespaces/shop');
    expect(server.asked[0]?.headers).toMatchObject({
      'impersonate-user': 'jane',
      'impersonate-group': 'a, b',
    });
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('passes warnings and refusals on as they are', async () => {
    const warning = ['299 - "old \\"v1\\" API", 299 - "second"', '299 server "third"', '199 - "not ours"'];
    const refused = { kind: 'Status', reason: 'Forbidden', message: 'no', code: 403 };
    await withServer(status(403, refused, { warning }), async (api) => {
      const response = await api.send(get);
      expect(response.status).toBe(403);
      expect(response.body).toEqual(refused);
      expect(response.warnings).toEqual(['old "v1" API', 'second', 'third']);
    });
  });

  it('hands over text that is no JSON', async () => {
    await withServer(
      (_asked, response) => response.end('<html>'),
      async (api) => expect((await api.send(get)).body).toBe('<html>'),
    );
  });
});

describe('sending again', () => {
  it.each([429, 500, 502, 503, 504])('reads again after %i', async (code) => {
    await withServer(inTurn(status(code), status(code), ok), async (api, server) => {
      expect((await api.send(get)).status).toBe(200);
      expect(server.asked).toHaveLength(3);
    });
  });

  it.each([501, 505, 511])('does not ask again after %i, which lasts', async (code) => {
    await withServer(status(code), async (api, server) => {
      expect(await api.send(get)).toMatchObject({ status: code });
      expect(server.asked).toHaveLength(1);
    });
  });

  it.each([429, 500, 502, 503, 504])('writes again after %i where that does no harm', async (code) => {
    await withServer(inTurn(status(code), ok), async (api, server) => {
      expect((await api.send(write)).status).toBe(code);
      expect((await api.send({ ...write, resendable: true })).status).toBe(200);
      expect(server.asked).toHaveLength(2);
    });
  });

  it('does not write again where a webhook fails', async () => {
    const message = 'Internal error occurred: failed calling webhook "x.test": connection refused';
    await withServer(status(500, { message }), async (api, server) => {
      expect((await api.send({ ...write, resendable: true })).status).toBe(500);
      expect(server.asked).toHaveLength(1);
    });
  });

  it('waits as long as the server asks', async () => {
    await withServer(inTurn(status(429, {}, { 'retry-after': '1' }), ok), async (api) => {
      const startedAt = performance.now();
      expect((await api.send(get)).status).toBe(200);
      expect(performance.now() - startedAt).toBeGreaterThan(990);
    });
  });

  it('passes on a 429 that asks for more time than anybody has', async () => {
    await withServer(inTurn(status(429, {}, { 'retry-after': '300' }), ok), async (api, server) => {
      expect((await api.send(get)).status).toBe(429);
      expect(server.asked).toHaveLength(1);
    });
  });

  it("takes a disruption budget's 429 for the answer", async () => {
    const refused = { message: 'budget', details: { causes: [{ reason: 'DisruptionBudget' }] } };
    await withServer(status(429, refused), async (api, server) => {
      expect((await api.send({ ...write, resendable: true })).status).toBe(429);
      expect(server.asked).toHaveLength(1);
    });
  });

  it('gives the last answer after ten', async () => {
    await withServer(status(503, { message: 'away' }), async (api, server) => {
      expect(await api.send(get)).toMatchObject({ status: 503, body: { message: 'away' } });
      expect(server.asked).toHaveLength(10);
    });
  });

  it.each([401, 403])('does not believe a %i of a server that is not ready yet', async (code) => {
    let isReady = false;
    await using server = await openLoopback((asked, response) => {
      if (asked.url !== '/readyz') return json(response, isReady ? 201 : code, { message: 'not allowed' });
      const was = isReady;
      isReady = true;
      return json(response, was ? 200 : 500, {});
    });
    const api = openApiServer(server.access, FAST);
    expect((await api.send(write)).status).toBe(201);
    expect(server.asked.map(({ url }) => url).filter((url) => url === '/readyz')).toHaveLength(1);
    expect(server.asked.find(({ url }) => url === '/readyz')?.headers.authorization).toBeUndefined();
    api.close();
  });

  it('does not say that nothing was sent where an earlier attempt was', async () => {
    const server = await openLoopback((_asked, _response, request) => {
      request.socket.destroy();
      void server[Symbol.asyncDispose]();
    });
    const api = openApiServer(server.access, { ...FAST, attempts: 4 });
    await expect(api.send({ ...write, resendable: true })).rejects.toMatchObject({ neverSent: false });
    await expect(api.send({ ...write, resendable: true })).rejects.toMatchObject({ neverSent: true });
    api.close();
  });

  it('says beside a refusal that an earlier attempt may have gone through', async () => {
    let asked = 0;
    await using server = await openLoopback((_asked, response, request) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else json(response, asked === 2 ? 429 : 409, {});
    });
    const api = openApiServer(server.access, FAST);
    expect(await api.send({ ...write, resendable: true })).toMatchObject({ status: 409, mayBeDone: true });
    expect(await api.send({ ...write, resendable: true })).toEqual({ status: 409, body: {}, warnings: [] });
    api.close();
  });

  it('believes it in the end where readiness is closed to everybody', async () => {
    await withServer(status(403, { message: 'not allowed' }), async (api, server) => {
      expect((await api.send(write)).status).toBe(403);
      expect(server.asked.filter(({ url }) => url !== '/readyz')).toHaveLength(5);
    });
  });

  it('does not know what a server would have said that never gets ready', async () => {
    const answerer: Answerer = (asked, response) => json(response, asked.url === '/readyz' ? 500 : 403, {});
    await using server = await openLoopback(answerer);
    const api = openApiServer(server.access, FAST);
    await expect(api.send(write)).rejects.toMatchObject({ name: 'NoAnswer', neverSent: true });
    api.close();
  });

  it('asks for fresh credentials once after 401', async () => {
    let current = 'old';
    await using server = await openLoopback((asked, response) =>
      json(response, asked.headers.authorization === 'Bearer new' ? 201 : 401, {}),
    );
    const access = {
      ...server.access,
      credentials: async () => ({ authorization: `Bearer ${current}` }),
      forget: () => {
        current = current === 'old' ? 'new' : 'worse';
      },
    };
    const api = openApiServer(access, FAST);
    expect((await api.send(write)).status).toBe(201);
    current = 'revoked';
    expect((await api.send(write)).status).toBe(401);
    api.close();
    const asked = server.asked.filter(({ url }) => url !== '/readyz');
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new',
      'Bearer revoked',
      'Bearer worse',
    ]);
  });
});

describe('no answer', () => {
  it('reads again when the answer breaks off', async () => {
    await withServer(inTurn(resetMidBody, ok), async (api) => {
      expect((await api.send(get)).body).toEqual({ ok: true });
    });
  });

  it('leaves a write whose answer breaks off unknown', async () => {
    await withServer(inTurn(resetMidBody, ok), async (api, server) => {
      const failure = await failureOf(api.send(write));
      expect(failure.neverSent).toBe(false);
      expect(failure.message).toContain('POST /api/v1/namespaces: the connection broke');
      expect(server.asked).toHaveLength(1);
    });
  });

  it('knows that nothing was sent where nobody listens, and tries again', async () => {
    const failure = await failureOf(openApiServer(accessTo('https://127.0.0.1:1'), FAST).send(write));
    expect(failure).toMatchObject({ neverSent: true, isFinal: false });
    expect(failure.message).toMatch(/could not connect: .*ECONNREFUSED/);
  });

  it('ends an attempt in its time, also within the body', async () => {
    const half: Answerer = (_asked, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('1');
    };
    await withServer(inTurn(ok, half), async (api) => {
      await api.send(get);
      const failure = await failureOf(api.send({ ...write, timeoutMs: 100 }));
      expect(failure.message).toContain('did not answer POST /api/v1/namespaces within 0.1 s');
      expect(failure.neverSent).toBe(false);
    });
  });

  it('does not begin another attempt after its time', async () => {
    await using server = await openLoopback(status(503));
    const api = openApiServer(server.access, { ...FAST, giveUpAfterMs: 0 });
    expect((await api.send(get)).status).toBe(503);
    api.close();
    expect(server.asked).toHaveLength(1);
  });

  it('stops before sending where the signal has come already', async () => {
    await withServer(ok, async (api, server) => {
      const failure = await failureOf(api.send({ ...get, signal: AbortSignal.abort(new Error('enough')) }));
      expect(failure).toMatchObject({
        isFinal: true,
        neverSent: true,
        message: `GET ${get.path} was stopped`,
      });
      expect(server.asked).toEqual([]);
    });
  });

  it('stops at the signal while it waits, and does not try again', async () => {
    const stop = new AbortController();
    await withServer(
      () => stop.abort(),
      async (api, server) => {
        const failure = await failureOf(api.send({ ...get, signal: stop.signal }));
        expect(failure).toMatchObject({
          isFinal: true,
          neverSent: false,
          message: `GET ${get.path} was stopped`,
        });
        expect(server.asked).toHaveLength(1);
      },
    );
  });

  it('stops waiting for the next attempt at the signal', async () => {
    const stop = new AbortController();
    const busy: Answerer = (_asked, response) => {
      json(response, 503, {}, { 'retry-after': '29' });
      setTimeout(() => stop.abort(), 100);
    };
    await withServer(busy, async (api, server) => {
      const startedAt = performance.now();
      await api.send({ ...get, signal: stop.signal });
      expect(performance.now() - startedAt).toBeLessThan(28_000);
      expect(server.asked).toHaveLength(1);
    });
  });
});

describe('streaming', () => {
  it('gives the body as it comes', async () => {
    await withServer(
      (_asked, response) => {
        response.write('a');
        setTimeout(() => response.end('b'), 20);
      },
      async (api) => {
        const texts: string[] = [];
        for await (const chunk of await api.stream(get)) texts.push(Buffer.from(chunk).toString());
        expect(texts).toEqual(['a', 'b']);
      },
    );
  });

  it('outlives the time for an attempt once it has begun', async () => {
    await withServer(
      (_asked, response) => {
        response.write('a');
        setTimeout(() => response.end('b'), 700);
      },
      async (api) => {
        let text = '';
        for await (const chunk of await api.stream({ ...get, timeoutMs: 500 }))
          text += Buffer.from(chunk).toString();
        expect(text).toBe('ab');
      },
    );
  });

  it('rejects with the refusal of the server', async () => {
    await withServer(
      status(400, { reason: 'BadRequest', message: 'container is waiting to start' }),
      async (api) => {
        const refusal = await api.stream(get).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(ApiError);
        expect(refusal).toMatchObject({
          status: 400,
          reason: 'BadRequest',
          message: 'container is waiting to start',
        });
      },
    );
  });

  it('ends with NoAnswer at a cut', async () => {
    const cut: Answerer = (_asked, response, request) =>
      response.write('a', () => setTimeout(() => request.socket.destroy(), 20));
    await withServer(cut, async (api) => {
      const failure = await failureOf(drain(await api.stream(get)));
      expect(failure.message).toContain('the connection broke');
    });
  });

  it('ends with NoAnswer at the signal', async () => {
    const stop = new AbortController();
    const endless: Answerer = (_asked, response) => response.write('a');
    await withServer(endless, async (api) => {
      const stream = await api.stream({ ...get, signal: stop.signal });
      const failure = await failureOf(drain(stream, () => stop.abort()));
      expect(failure.message).toContain('was stopped');
    });
  });
});

async function drain(stream: AsyncIterable<Uint8Array>, onChunk = (): void => {}): Promise<void> {
  for await (const chunk of stream) if (chunk.length > 0) onChunk();
}
