import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/cluster/api.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { makeCertificate } from './certificates.ts';
import { type Answerer, failureOf, json, openLoopback } from './loopback.ts';

const get: ApiRequest = { method: 'GET', path: '/api/v1/namespaces/shop' };
const ok: Answerer = (_asked, response) => json(response, 200, { ok: true });

describe('TLS', () => {
  it('refuses an unknown authority at once, and says what to check', async () => {
    await using server = await openLoopback(ok);
    const certificateAuthority = makeCertificate('api.test').certificate;
    const failure = await failureOf(openApiServer({ ...server.access, certificateAuthority }).send(get));
    expect(failure).toMatchObject({ isFinal: true, neverSent: true });
    expect(failure.message).toMatch(/TLS failed: .*check the certificate authority/);
    expect(server.asked).toEqual([]);
  });

  it('verifies the name it was told and sends it', async () => {
    const seen: (string | boolean)[] = [];
    await using server = await openLoopback((_asked, response, request) => {
      seen.push('servername' in request.socket ? String(request.socket.servername) : '');
      json(response, 200, {});
    });
    const right = openApiServer({ ...server.access, tlsServerName: 'api.test' });
    expect((await right.send(get)).status).toBe(200);
    expect(seen).toEqual(['api.test']);
    right.close();
    const wrong = openApiServer({ ...server.access, tlsServerName: 'other.test' });
    expect((await failureOf(wrong.send(get))).message).toContain('other.test');
    const careless = openApiServer({
      ...server.access,
      tlsServerName: 'other.test',
      insecureSkipTlsVerify: true,
    });
    expect((await careless.send(get)).status).toBe(200);
    careless.close();
  });

  it('shows the client certificate of the moment', async () => {
    const [first, second] = [makeCertificate('first'), makeCertificate('second')];
    const subjects: string[] = [];
    const answer: Answerer = (_asked, response, request) => {
      subjects.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
      json(response, 200, {});
    };
    const ca = [first.certificate, second.certificate];
    await using server = await openLoopback(answer, { requestCert: true, rejectUnauthorized: true, ca });
    let current = first;
    const api = openApiServer({ ...server.access, credentials: async () => current });
    await api.send(get);
    current = second;
    await api.send(get);
    api.close();
    expect(subjects).toEqual(['first', 'second']);
  });

  it.each([401, 403])('believes a %i of a server that demands a client certificate', async (code) => {
    const own = makeCertificate('own');
    const answer: Answerer = (asked, response) => json(response, asked.url === '/readyz' ? 200 : code, {});
    const demanding = { requestCert: true, rejectUnauthorized: true, ca: own.certificate };
    await using server = await openLoopback(answer, demanding);
    const credentials = async () => ({ ...own, authorization: 'Bearer token-1' });
    const api = openApiServer({ ...server.access, credentials }, { backoffMs: 2 });
    expect((await api.send(get)).status).toBe(code);
    api.close();
    const ready = server.asked.filter(({ url }) => url === '/readyz');
    expect(ready.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
