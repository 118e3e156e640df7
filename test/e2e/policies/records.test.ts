/** What an execution leaves in the cluster is written by itself alone: plan, journal and locks. */
import type { V1Job, V1Lease } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathOf, read, remove } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { JOBS, jobFor, readInstallation, secretFor } from './executions.ts';
import {
  type Administrator,
  bearer,
  type Identity,
  MERGE,
  openAdministrator,
  type PodToken,
  SOME_POD,
} from './identities.ts';
import { type Changes, spoil } from './spoil.ts';

const SECRETS = pathOf('secrets', EXECUTOR_NAMESPACE);
const JOURNALS = pathOf('leases', EXECUTOR_NAMESPACE);
const LOCKS = pathOf('leases', LOCK_NAMESPACE);
const ACCOUNT = 'action-scale-deployment';

let site: Site;
let caller: Identity;
let administrator: Administrator;
let job: V1Job;

/** A Job that never runs. */
beforeAll(async () => {
  site = await openSite(['scale-deployment']);
  administrator = await openAdministrator(site.namespace);
  caller = bearer(site.token);
  const createdBy = `system:serviceaccount:${site.namespace}:caller`;
  const made = jobFor({ installation: await readInstallation(), namespace: site.namespace, createdBy });
  const created = await caller({ method: 'POST', path: JOBS, body: spoil(made, { '/spec/suspend': true }) });
  job = created.body as V1Job;
});
afterAll(async () => {
  await remove(`${JOBS}/${jobName()}`);
  await administrator.close();
  await site.close();
});

function jobName(): string {
  return job.metadata?.name ?? '';
}

describe('the Secret of a plan', () => {
  const secret = (changes: Changes = {}) => ({
    method: 'POST' as const,
    path: SECRETS,
    body: spoil(secretFor(job, job.metadata?.uid ?? ''), changes),
  });
  const owner = (name: string, kind = 'Job') => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : 'v1',
    kind,
    name,
    uid: SOME_POD.uid,
  });

  test.each([
    [
      "that is a ServiceAccount's token",
      {
        '/type': 'kubernetes.io/service-account-token',
        '/metadata/annotations': { 'kubernetes.io/service-account.name': ACCOUNT },
      },
    ],
    ['that can be changed', { '/immutable': false }],
    ['that does not say it is immutable', { '/immutable': undefined }],
    ['without an owner', { '/metadata/ownerReferences': undefined }],
    ['with the name of another Job', { '/metadata/name': 'other' }],
    ['with another kind of owner', { '/metadata/ownerReferences/0': owner('x', 'Pod') }],
    ['with two owners', { '/metadata/ownerReferences/-': owner('other') }],
    [
      'of a pull secret',
      { '/type': 'kubernetes.io/dockerconfigjson', '/stringData': { '.dockerconfigjson': '{}' } },
    ],
    ['of another type', { '/type': 'example.com/other' }],
  ])('is not created by a caller %s', async (_what, changes) => {
    const said = await caller(secret(changes));
    expect(said.message).toMatch(/a Secret here is the plan of an execution/);
    expect(said.status).toBe(403);
  });

  test('is created, not read, and stays as it is', async () => {
    expect(await caller(secret())).toMatchObject({ status: 201 });
    const path = `${SECRETS}/${jobName()}`;
    expect(await caller({ method: 'GET', path })).toMatchObject({ status: 403 });
    for (const body of [{ metadata: { ownerReferences: null } }, { metadata: { labels: { a: 'b' } } }]) {
      const said = await administrator.ask({ method: 'PATCH', path, contentType: MERGE, body });
      expect(said.message).toMatch(/the plan of an execution is immutable/);
      expect(said.status).toBe(403);
    }
  });

  test('has pull secrets of administrators beside it, and no tokens', async () => {
    const pull = {
      ...secret({ '/type': 'kubernetes.io/dockerconfigjson', '/stringData': { '.dockerconfigjson': '{}' } }),
      path: `${SECRETS}?dryRun=All`,
    };
    expect(
      await administrator.ask({
        ...pull,
        body: spoil(pull.body, { '/metadata/name': 'mirror', '/metadata/ownerReferences': undefined }),
      }),
    ).toMatchObject({ status: 201 });
    const token = secret({
      '/type': 'kubernetes.io/service-account-token',
      '/metadata/annotations': { 'kubernetes.io/service-account.name': ACCOUNT },
    });
    expect(await administrator.ask(token)).toMatchObject({ status: 403 });
  });
});

function lease(name: string, holder: string, owner = name): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: owner, uid: job.metadata?.uid }],
    },
    spec: { holderIdentity: holder, leaseDurationSeconds: 15 },
  };
}

describe('the journal', () => {
  const own = (): PodToken => ({ ...SOME_POD, name: `${jobName()}-abcde` });
  const open = (name: string, owner = name) => ({
    method: 'POST' as const,
    path: `${JOURNALS}?dryRun=All`,
    body: lease(name, 'me', owner),
  });

  test('is written by a pod of its Job', async () => {
    const pod = administrator.fromPod(ACCOUNT, own());
    expect(await pod({ ...open(jobName()), path: JOURNALS })).toMatchObject({ status: 201 });
    const close = {
      method: 'PATCH',
      path: `${JOURNALS}/${jobName()}`,
      contentType: MERGE,
      body: { metadata: { annotations: { a: 'b' } } },
    } as const;
    expect(await pod(close)).toMatchObject({ status: 200 });
    const other = await administrator.fromPod(ACCOUNT, { ...SOME_POD, name: 'other-abcde' })(close);
    expect(other.message).toMatch(/a journal is written by the pod of its Job alone/);
    expect(other.status).toBe(403);
  });

  test.each([
    ['of another Job', (name: string) => `${name}x-abcde`],
    ['of a Job whose name begins like it', (name: string) => `${name}-more-abcde`],
    ['of a Job whose name ends before it', (name: string) => `${name.slice(0, -3)}-abcde`],
    ['with letters that no controller gives', (name: string) => `${name}-ABCDE`],
  ])('is not written by a pod %s', async (_what, podName) => {
    const said = await administrator.fromPod(ACCOUNT, { ...SOME_POD, name: podName(jobName()) })(
      open(jobName()),
    );
    expect(said.message).toMatch(/a journal is written by the pod of its Job alone/);
    expect(said.status).toBe(403);
  });

  test('is not written with a rehearsal token, belongs to its Job, and is not deleted', async () => {
    expect((await administrator.withAllRights(ACCOUNT)(open(jobName()))).message).toMatch(/its Job alone/);
    expect((await administrator.fromPod(ACCOUNT, own())(open(jobName(), 'other'))).message).toMatch(
      /is owned by the Job/,
    );
    const remove = { method: 'DELETE', path: `${JOURNALS}/${jobName()}` } as const;
    expect((await administrator.withAllRights(ACCOUNT, own())(remove)).message).toMatch(/its Job alone/);
    expect(await caller(remove)).toMatchObject({ status: 403 });
  });
});

describe('a lock', () => {
  const first: PodToken = { name: 'first-abcde', uid: 'a4f2b1c0-0000-4000-8000-000000000001' };
  const second: PodToken = { name: 'second-abcde', uid: 'a4f2b1c0-0000-4000-8000-000000000002' };
  const identityOf = (pod: PodToken) => `${EXECUTOR_NAMESPACE}/${pod.name}/${pod.uid}`;
  const name = () => `lock-${site.namespace}`;
  const hold = (holderIdentity: string) => ({
    method: 'PATCH' as const,
    path: `${LOCKS}/${name()}`,
    contentType: MERGE,
    body: { spec: { holderIdentity } },
  });
  const as = (pod: PodToken) => administrator.withAllRights(ACCOUNT, pod);
  afterAll(async () => await remove(`${LOCKS}/${name()}`));

  test('is taken for oneself, freed by its holder, and never deleted', async () => {
    const make = {
      method: 'POST',
      path: LOCKS,
      body: spoil(lease(name(), identityOf(first)), { '/metadata/ownerReferences': undefined }),
    } as const;
    expect((await as(second)(make)).message).toMatch(/the holder of a lock is the pod that writes it/);
    expect(await as(first)(make)).toMatchObject({ status: 201 });
    for (const holder of ['', identityOf(first), 'nobody']) {
      const said = await as(second)(hold(holder));
      expect(said.message).toMatch(/cleared by its holder alone/);
      expect(said.status).toBe(403);
    }
    const said = await as(first)({ method: 'DELETE', path: `${LOCKS}/${name()}` });
    expect(said.message).toMatch(/never deleted/);
    expect(await as(first)(hold(''))).toMatchObject({ status: 200 });
    expect(await as(second)(hold(identityOf(second)))).toMatchObject({ status: 200 });
    expect((await read<V1Lease>(`${LOCKS}/${name()}`))?.spec?.holderIdentity).toBe(identityOf(second));
  });

  test('is not taken with a token that is bound to no pod, nor by a caller', async () => {
    const said = await administrator.withAllRights(ACCOUNT)({
      ...hold(''),
      path: `${LOCKS}/${name()}?dryRun=All`,
    });
    expect(said.message).toMatch(/the holder of a lock/);
    expect(await caller(hold(''))).toMatchObject({ status: 403 });
  });
});
