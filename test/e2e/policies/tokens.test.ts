/** Tokens of the executor's namespace: short, bound to nothing, and of use to the API server alone. */
import type { V1ConfigMap } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patch, pathOf, read } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { type Administrator, bearer, type Identity, openAdministrator, type Said } from './identities.ts';

const ACCOUNT = 'action-scale-deployment';
const SECONDS = { expirationSeconds: 600 };

let site: Site;
let caller: Identity;
let administrator: Administrator;

beforeAll(async () => {
  site = await openSite([]);
  caller = bearer(site.token);
  administrator = await openAdministrator(site.namespace);
});
afterAll(async () => {
  await administrator.close();
  await site.close();
});

async function askToken(account: string, spec: object, who = caller): Promise<Said> {
  const path = `${pathOf('serviceaccounts', EXECUTOR_NAMESPACE, account)}/token`;
  return await who({ method: 'POST', path, body: { spec } });
}

/** Whom the token that was granted is for. */
function audiencesIn(said: Said): readonly string[] {
  const [, claims] = (said.body['status'] as { token: string }).token.split('.');
  return (JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()) as { aud: string[] }).aud;
}

/** What the caller and what an administrator hear. */
async function askForBoth(spec: object): Promise<readonly Said[]> {
  return await Promise.all([caller, administrator.ask].map((who) => askToken(ACCOUNT, spec, who)));
}

function refusal(message: RegExp): object {
  return { status: 403, message: expect.stringMatching(message) };
}

test.each([ACCOUNT, 'rehearse-pods'])('of %s are had by a caller for 600 s', async (account) => {
  expect(await askToken(account, SECONDS)).toMatchObject({ status: 201 });
});

test('of other accounts are not had by a caller', async () => {
  expect(await askToken('default', SECONDS)).toMatchObject({ status: 403 });
});

test.each([
  ['for a second more', { expirationSeconds: 601 }],
  ['for a year', { expirationSeconds: 31_536_000 }],
  ['for as long as the server likes', {}],
  ['bound to a pod', { ...SECONDS, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'x' } }],
  ['bound to a Secret', { ...SECONDS, boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'x' } }],
])('are not had %s, not even by an administrator', async (_what, spec) => {
  const refused = refusal(/bound to nothing and live 600 s at most/);
  expect(await askForBoth(spec)).toMatchObject([refused, refused]);
});

describe('the audience', () => {
  test('is the API server, asked for by its name or by none', async () => {
    const unnamed = await askToken(ACCOUNT, { ...SECONDS, audiences: [] });
    expect(unnamed).toMatchObject({ status: 201 });
    const own = audiencesIn(unnamed);
    expect(own.length).toBeGreaterThan(0);
    const named = await askToken(ACCOUNT, { ...SECONDS, audiences: own });
    expect(named).toMatchObject({ status: 201 });
    expect(audiencesIn(named)).toEqual(own);
  });

  test.each([
    ['a cloud', ['sts.amazonaws.com'], /for the API server alone, not for sts\.amazonaws\.com;/],
    [
      'a name that only begins like its own',
      ['https://kubernetes.default.svc.evil'],
      /not for https:.*evil;/,
    ],
    [
      'a cloud beside the API server',
      ['https://kubernetes.default.svc.cluster.local', 'sts.amazonaws.com'],
      /not for sts\.amazonaws\.com; audiences in configmap\/executor-installation must list/,
    ],
    ['nobody in particular', [''], /for the API server alone/],
  ])('is not %s, not even for an administrator', async (_what, audiences, message) => {
    const refused = refusal(message);
    expect(await askForBoth({ ...SECONDS, audiences })).toMatchObject([refused, refused]);
  });

  test('is also what the installation lists, for API servers of other names', async () => {
    const path = pathOf('configmaps', EXECUTOR_NAMESPACE, 'executor-installation');
    const own = `https://${site.namespace}.example`;
    const spec = { ...SECONDS, audiences: [own] };
    expect(await askToken(ACCOUNT, spec)).toMatchObject({ status: 403 });
    const listed = (await read<V1ConfigMap>(path))?.data?.['audiences'] ?? '';
    await patch(path, { data: { audiences: `${listed} ${own}` } });
    try {
      // Admission hears of the change through a watch.
      await expect.poll(async () => (await askToken(ACCOUNT, spec)).status, { timeout: 60_000 }).toBe(201);
    } finally {
      await patch(path, { data: { audiences: listed } });
    }
  });
});
