/** A token of an action that is not bound to its pod rehearses; its pod acts; the rehearser of pods only rehearses. */
import type { V1ConfigMap, V1Deployment, V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create, pathOf, read, untilObject } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE, openSite, requestToken, type Site } from '../harness/site.ts';
import { BUSYBOX, deploy } from '../harness/workloads.ts';
import { type Administrator, bearer, MERGE, openAdministrator, rehearsalOf, SOME_POD } from './identities.ts';

const DRY = { dryRun: ['All'] };

let site: Site;
let administrator: Administrator;

beforeAll(async () => {
  site = await openSite();
  administrator = await openAdministrator(site.namespace);
  await deploy(site.namespace, 'web', { replicas: 0 });
  await create(pathOf('pods', site.namespace), {
    metadata: { name: 'standing' },
    spec: { nodeSelector: { none: 'none' }, containers: [{ name: 'app', image: BUSYBOX }] },
  });
});
afterAll(async () => {
  await administrator.close();
  await site.close();
});

const scale = (query = '') => ({
  method: 'PATCH' as const,
  path: `${pathOf('deployments', site.namespace, 'web')}/scale${query}`,
  contentType: MERGE,
  body: { spec: { replicas: 3 } },
});
const standing = () => pathOf('pods', site.namespace, 'standing');

describe('a token that is not bound to a pod', () => {
  test('rehearses and does not change anything', async () => {
    const rehearsal = await rehearsalOf('action-scale-deployment');
    expect(await rehearsal(scale('?dryRun=All'))).toMatchObject({ status: 200 });
    const said = await rehearsal(scale());
    expect(said.message).toMatch(/not bound to its pod may only rehearse/);
    expect(said.status).toBe(403);
    const web = await read<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(web?.spec?.replicas).toBe(0);
  });

  test('does not delete where dryRun stands in the query alone, which the server ignores beside a body', async () => {
    const rehearsal = await rehearsalOf('action-restart-pod');
    const body = { gracePeriodSeconds: 0 };
    const said = await rehearsal({ method: 'DELETE', path: `${standing()}?dryRun=All`, body });
    expect(said.message).toMatch(/may only rehearse/);
    expect(await rehearsal({ method: 'DELETE', path: `${standing()}?dryRun=All`, body: DRY })).toMatchObject({
      status: 200,
    });
    expect((await read<V1Pod>(standing()))?.metadata?.deletionTimestamp).toBeUndefined();
  });

  test.each([
    [
      'evict',
      'POST',
      'eviction',
      { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'standing' } },
    ],
    ['exec', 'POST', 'exec?command=id&container=app', undefined],
    ['exec with GET', 'GET', 'exec?command=id&container=app', undefined],
    ['attach', 'POST', 'attach?container=app', undefined],
    ['forward ports', 'POST', 'portforward', undefined],
    ['reach into the pod', 'GET', 'proxy/', undefined],
  ] as const)('may not %s, whatever RBAC says', async (_what, method, subresource, body) => {
    const said = await administrator.withAllRights('action-restart-pod')({
      method,
      path: `${standing()}/${subresource}`,
      body,
    });
    expect(said.message).toMatch(/may only rehearse/);
    expect(said.status).toBe(403);
  });

  test('may ask what it may do', async () => {
    const rehearsal = await rehearsalOf('action-scale-deployment');
    const attributes = {
      namespace: site.namespace,
      verb: 'patch',
      group: 'apps',
      resource: 'deployments',
      subresource: 'scale',
    };
    const said = await rehearsal({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: { spec: { resourceAttributes: attributes } },
    });
    expect(said.body['status']).toMatchObject({ allowed: true });
  });

  test('may not become somebody else', async () => {
    const token = await requestToken(EXECUTOR_NAMESPACE, 'action-scale-deployment');
    const said = await bearer(token, { 'Impersonate-User': 'system:admin' })(scale());
    expect(said.message).toMatch(/cannot impersonate/);
    expect(said.status).toBe(403);
  });
});

describe("an action's own pod", () => {
  test('acts', async () => {
    const body = { spec: { replicas: 0 } };
    expect(await administrator.fromPod('action-scale-deployment')({ ...scale(), body })).toMatchObject({
      status: 200,
    });
  });

  test('may not act where nobody opted in', async () => {
    const said = await administrator.fromPod('action-scale-deployment')({
      ...scale(),
      path: `${pathOf('deployments', 'default', 'web')}/scale`,
    });
    expect(said).toMatchObject({ status: 403, message: expect.stringMatching(/cannot patch resource/) });
  });

  test.each(['kube-system', 'kube-public', 'kube-node-lease', EXECUTOR_NAMESPACE, LOCK_NAMESPACE])(
    'may not write in %s, whatever RBAC says',
    async (namespace) => {
      const said = await administrator.withAllRights(
        'action-scale-deployment',
        SOME_POD,
      )({
        method: 'POST',
        path: `${pathOf('configmaps', namespace)}?dryRun=All`,
        body: { metadata: { name: site.namespace } },
      });
      expect(said.message).toMatch(`namespace ${namespace} is protected`);
      expect(said.status).toBe(403);
    },
  );

  test('may not have objects collected by giving them an owner', async () => {
    const path = pathOf('configmaps', site.namespace, 'kept');
    await create(pathOf('configmaps', site.namespace), { metadata: { name: 'kept' } });
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: SOME_POD.uid };
    const said = await administrator.withAllRights(
      'action-scale-deployment',
      SOME_POD,
    )({
      method: 'PATCH',
      path,
      contentType: MERGE,
      body: { metadata: { ownerReferences: [owner] } },
    });
    expect(said.message).toMatch(/may not change ownerReferences/);
    expect(said.status).toBe(403);
    expect((await read<V1ConfigMap>(path))?.metadata?.ownerReferences).toBeUndefined();
  });
});

describe('who only rehearses', () => {
  const pod = () => ({
    metadata: { name: 'rehearsed' },
    spec: { containers: [{ name: 'app', image: BUSYBOX }] },
  });
  const rehearsed = (query = '') => ({
    method: 'POST' as const,
    path: `${pathOf('pods', site.namespace)}${query}`,
    body: pod(),
  });

  test('rehearses pods with the token that the step asks for', async () => {
    const rehearsal = await rehearsalOf('rehearse-pods');
    expect(await rehearsal(rehearsed('?dryRun=All'))).toMatchObject({ status: 201 });
    expect((await rehearsal(rehearsed())).message).toMatch(/may only rehearse/);
    expect(
      await untilObject(pathOf('pods', site.namespace, 'rehearsed'), (found) => found === undefined),
    ).toBeUndefined();
  });

  test.each(['rehearse-pods', 'action-update-secret-rehearse'])(
    '%s can do no more from a pod',
    async (account) => {
      const inPod = administrator.withAllRights(account, SOME_POD);
      expect(await inPod(rehearsed('?dryRun=All'))).toMatchObject({ status: 201 });
      const said = await inPod(rehearsed());
      expect(said.message).toMatch(/may only rehearse \(dryRun\), also in a pod/);
      expect(said.status).toBe(403);
    },
  );
});
