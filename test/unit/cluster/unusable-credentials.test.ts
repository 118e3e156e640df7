import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/cluster/api.ts';
import { CredentialsError } from '../../../src/cluster/errors.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { makeCertificate } from './certificates.ts';
import { type Answerer, json, openLoopback } from './loopback.ts';

const get: ApiRequest = { method: 'GET', path: '/version' };
const ok: Answerer = (_asked, response) => json(response, 200, {});

describe('a request', () => {
  it.each([
    [{ authorization: 'Bearer first\nsecond' }, 'test: the token has'],
    [{ authorization: 'Bearer “first”' }, 'test: the token has'],
    [{ impersonate: { user: '管理', groups: [] } }, 'test: the name to act as has'],
  ])('does not begin with what no header can hold, and does not quote it', async (given, said) => {
    await using server = await openLoopback(ok);
    const api = openApiServer({ ...server.access, credentials: async () => given });
    const failure: unknown = await api.send(get).catch((error: unknown) => error);
    api.close();
    expect(failure).toBeInstanceOf(CredentialsError);
    expect(String(failure)).toContain(said);
    expect(String(failure)).not.toMatch(/first|管理/);
    expect(server.asked).toEqual([]);
  });

  it.each([
    ['a key of another certificate', { key: makeCertificate('other').key }],
    ['a certificate that is none', { certificate: 'none' }],
    ['a key that is none', { key: 'none' }],
  ])('can not begin with %s', async (_, wrong) => {
    await using server = await openLoopback(ok);
    const credentials = async () => ({ ...makeCertificate('own'), ...wrong });
    const api = openApiServer({ ...server.access, credentials });
    await expect(api.send(get)).rejects.toThrow(CredentialsError);
    await expect(api.send(get)).rejects.toThrow(
      /^test: the client certificate or its key can't be used: error:/,
    );
    api.close();
    expect(server.asked).toEqual([]);
  });
});
