import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CredentialsError, NoAnswer } from '../../../src/cluster/errors.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { makeCertificate } from './certificates.ts';
import { accessTo, json, openLoopback } from './loopback.ts';

interface Proxy extends AsyncDisposable {
  readonly port: number;
  readonly asked: { readonly target: string; readonly authorization: string | undefined }[];
}

/** Goes through to the target, or answers with `refusal`. */
async function openProxy(refusal?: string): Promise<Proxy> {
  const asked: Proxy['asked'] = [];
  const server = createServer();
  server.on('connect', (request, client) => {
    const target = request.url ?? '';
    asked.push({ target, authorization: request.headers['proxy-authorization'] });
    if (refusal !== undefined) return client.end(`HTTP/1.1 ${refusal}\r\nContent-Length: 0\r\n\r\n`);
    const [host, port] = target.split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    return client.on('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('through a proxy', () => {
  it('opens one tunnel for many requests and signs in to the proxy', async () => {
    await using server = await openLoopback((_asked, response) => json(response, 200, { ok: true }));
    await using proxy = await openProxy();
    const proxyUrl = `http://me:p%40ss@127.0.0.1:${proxy.port}`;
    const api = openApiServer({ ...server.access, proxyUrl, tlsServerName: 'api.test' });
    for (let i = 0; i < 3; i += 1) {
      expect((await api.send({ method: 'GET', path: '/version' })).body).toEqual({ ok: true });
    }
    api.close();
    const authorization = `Basic ${Buffer.from('me:p@ss').toString('base64')}`;
    expect(proxy.asked).toEqual([{ target: new URL(server.access.url).host, authorization }]);
  });

  it('can not begin with a key of another certificate', async () => {
    await using server = await openLoopback((_asked, response) => json(response, 200, {}));
    await using proxy = await openProxy();
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    const credentials = async () => ({ ...makeCertificate('own'), key: makeCertificate('other').key });
    const api = openApiServer({ ...server.access, proxyUrl, credentials });
    await expect(api.send({ method: 'GET', path: '/version' })).rejects.toThrow(CredentialsError);
    api.close();
  });

  it('still checks the certificate of the server behind it', async () => {
    await using server = await openLoopback((_asked, response) => json(response, 200, {}));
    await using proxy = await openProxy();
    const proxyUrl = `http://127.0.0.1:${proxy.port}`;
    const api = openApiServer({ ...server.access, proxyUrl, tlsServerName: 'other.test' });
    await expect(api.send({ method: 'GET', path: '/version' })).rejects.toThrow('TLS failed');
    expect(server.asked).toEqual([]);
  });

  it('says that the proxy refused, without its password, and that nothing was sent', async () => {
    await using proxy = await openProxy('407 Proxy Authentication Required');
    const proxyUrl = `http://me:secret@127.0.0.1:${proxy.port}`;
    const api = openApiServer(accessTo('https://api.test:6443', { proxyUrl }), { attempts: 1 });
    const failure: unknown = await api.send({ method: 'POST', path: '/x' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NoAnswer);
    expect(failure).toMatchObject({
      neverSent: true,
      message: `proxy http://127.0.0.1:${proxy.port} did not connect to api.test:6443: it answered 407 Proxy Authentication Required`,
    });
  });

  it('refuses a proxy that it can not use', () => {
    const open = (proxyUrl: string) => () => openApiServer(accessTo('https://api.test', { proxyUrl }));
    expect(open('socks5://127.0.0.1:1080')).toThrow('a socks5 proxy is not supported');
    expect(open('127.0.0.1:3128')).toThrow('not supported');
  });
});
