/** What the two ServiceAccounts of update-secret may do, in their pods and out of them, and what callers may not. */
import type { V1Secret } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, pathOf } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { type Administrator, bearer, JSON_PATCH, openAdministrator, SOME_POD } from './identities.ts';

const OWNER = { apiVersion: 'v1', kind: 'ConfigMap', name: 'none', uid: SOME_POD.uid };

const ABUSES: readonly (readonly [what: string, path: string, patch: object])[] = [
  ['the labels of secrets', 'db', { op: 'add', path: '/metadata/labels', value: { a: 'b' } }],
  ['the owners of secrets', 'db', { op: 'add', path: '/metadata/ownerReferences', value: [OWNER] }],
  ['the finalizers of secrets', 'db', { op: 'add', path: '/metadata/finalizers', value: ['example.com/x'] }],
  ['whether secrets are immutable', 'db', { op: 'add', path: '/immutable', value: true }],
  ['tokens of ServiceAccounts', 'token', { op: 'add', path: '/data/more', value: 'eA==' }],
];

describe('the identities of update-secret', () => {
  let site: Site;
  let administrator: Administrator;
  beforeAll(async () => {
    site = await openSite(['update-secret']);
    administrator = await openAdministrator(site.namespace);
    const annotations = { 'kubernetes.io/service-account.name': 'caller' };
    const type = 'kubernetes.io/service-account-token';
    const stringData = { password: 'old-password' };
    await create<V1Secret>(pathOf('secrets', site.namespace), { metadata: { name: 'db' }, stringData });
    // A patch can't add to data that is not there, and its controller adds the token when it comes to it.
    await create(pathOf('secrets', site.namespace), {
      type,
      metadata: { name: 'token', annotations },
      stringData: { mine: 'x' },
    });
  });
  afterAll(async () => {
    await administrator.close();
    await site.close();
  });

  const change = { op: 'add', path: '/data/password', value: 'eHg=' };
  const patchOf = (path: string, body: object) =>
    ({ method: 'PATCH', path, contentType: JSON_PATCH, body: [body] }) as const;
  const secret = (name: string) => pathOf('secrets', site.namespace, name);

  it.each(ABUSES)('may not write %s', async (_what, name, operation) => {
    const said = await administrator.fromPod('action-update-secret')(patchOf(secret(name), operation));
    expect(said.status).toBe(403);
    expect(said.message).toContain('ValidatingAdmissionPolicy');
  });

  it('act from their pods alone, and one of them never', async () => {
    const rehearser = administrator.fromPod('action-update-secret-rehearse');
    const said = await rehearser(patchOf(secret('db'), change));
    expect(said.message).toContain('may only rehearse (dryRun), also in a pod');
    expect(await rehearser(patchOf(`${secret('db')}?dryRun=All`, change))).toMatchObject({ status: 200 });
    const own = administrator.fromPod('action-update-secret');
    expect(await own(patchOf(secret('db'), change))).toMatchObject({ status: 200 });
    const elsewhere = pathOf('secrets', 'default');
    expect(await own({ method: 'GET', path: elsewhere })).toMatchObject({ status: 403 });
    expect(await own({ method: 'GET', path: pathOf('secrets', EXECUTOR_NAMESPACE) })).toMatchObject({
      status: 403,
    });
  });

  it.each(['action-update-secret', 'action-update-secret-rehearse'])(
    'give the caller no token of %s',
    async (account) => {
      const path = `${pathOf('serviceaccounts', EXECUTOR_NAMESPACE, account)}/token`;
      const body = { spec: { expirationSeconds: 600 } };
      expect(await bearer(site.token)({ method: 'POST', path, body })).toMatchObject({ status: 403 });
    },
  );

  it('alone keep what an undo needs: no caller is there first', async () => {
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'some-execution-undo', uid: SOME_POD.uid };
    const metadata = { name: 'some-execution-undo', ownerReferences: [owner] };
    const body = { metadata, immutable: true, type: 'Opaque' };
    const path = `${pathOf('secrets', EXECUTOR_NAMESPACE)}?dryRun=All`;
    const said = await bearer(site.token)({ method: 'POST', path, body });
    expect(said.status).toBe(403);
    expect(said.message).toContain('is kept by the executor alone');
  });

  it('keep what an undo needs for their own Job alone', async () => {
    const kept = (name: string, job: string) => ({
      metadata: {
        name,
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: job, uid: SOME_POD.uid }],
      },
      immutable: true,
      type: 'Opaque',
    });
    const own = administrator.fromPod('action-update-secret', SOME_POD);
    const path = `${pathOf('secrets', EXECUTOR_NAMESPACE)}?dryRun=All`;
    const write = (body: object) => own({ method: 'POST', path, body });
    expect(await write(kept('some-execution-undo', 'some-execution'))).toMatchObject({ status: 201 });
    expect(await write(kept('some-execution', 'some-execution'))).toMatchObject({ status: 403 });
    expect(await write(kept('other-undo', 'other'))).toMatchObject({ status: 403 });
  });
});
