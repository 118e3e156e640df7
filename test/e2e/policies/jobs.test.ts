/** Only executor-shaped Jobs run in the executor's namespace, for those who may execute that action there. */
import type { V1Job } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bind } from '../harness/bindings.ts';
import { create, patch, pathOf, read, remove } from '../harness/cluster.ts';
import { bindingOf, openSite, type Site } from '../harness/site.ts';
import { type Installation, JOBS, jobFor, readInstallation } from './executions.ts';
import { type Administrator, bearer, type Identity, openAdministrator, type Said } from './identities.ts';
import {
  AUTHORITY,
  CONTAINER,
  OFF_A_NODE,
  ROLLBACK,
  ROLLBACKS,
  SETTINGS,
  SURROUNDINGS,
  VOLUMES,
} from './job-abuses.ts';
import { spoil } from './spoil.ts';

const GROUP = 'kubernetesexecution.kubernaut.io';

let site: Site;
let caller: Identity;
let administrator: Administrator;
let installation: Installation;

beforeAll(async () => {
  [site, installation] = await Promise.all([
    openSite(['scale-deployment', 'restart-pod']),
    readInstallation(),
  ]);
  caller = bearer(site.token);
  administrator = await openAdministrator(site.namespace);
});
afterAll(async () => {
  await administrator.close();
  await site.close();
});

function userOf(namespace: string): string {
  return `system:serviceaccount:${namespace}:caller`;
}

function validJob(): V1Job {
  return jobFor({ installation, namespace: site.namespace, createdBy: userOf(site.namespace) });
}

async function rehearse(job: V1Job, who = caller): Promise<Said> {
  return await who({ method: 'POST', path: `${JOBS}?dryRun=All`, body: job });
}

describe('the Job that the step makes', () => {
  test('may be rehearsed and created by who may execute the action there', async () => {
    const job = validJob();
    expect(await rehearse(job)).toMatchObject({ status: 201 });
    expect(await caller({ method: 'POST', path: JOBS, body: job })).toMatchObject({ status: 201 });
    await remove(`${JOBS}/${job.metadata?.name}`);
  });

  test('may carry labels and annotations of the user, be suspended, and be kept off nodes by name', async () => {
    const job = spoil(validJob(), {
      '/metadata/labels/kueue.x-k8s.io~1queue-name': 'night',
      '/metadata/annotations/example.com~1ticket': '42',
      '/spec/suspend': true,
      ...OFF_A_NODE,
    });
    expect(await rehearse(job)).toMatchObject({ status: 201 });
  });
});

test('the Job of a rollback mounts the plan of the execution that it declares', async () => {
  expect(await rehearse(spoil(validJob(), ROLLBACK))).toMatchObject({ status: 201 });
});

describe.each([
  ['who and where', AUTHORITY],
  ['the container', CONTAINER],
  ['the volumes', VOLUMES],
  ['a rollback', ROLLBACKS],
  ['the surroundings', SURROUNDINGS],
  ['the settings', SETTINGS],
])('of %s is refused', (_part, abuses) => {
  test.each(abuses)('%s', async (_what, changes, message) => {
    const said = await rehearse(spoil(validJob(), changes));
    expect(said.message).toMatch(message);
    expect(said.status).toBe(403);
  });
});

describe('the right to execute', () => {
  test('plan alone rehearses the Job and does not create it', async () => {
    const action = 'rollout-restart';
    await create(pathOf('serviceaccounts', site.namespace), { metadata: { name: 'x' } });
    const rules = [{ apiGroups: [GROUP], resources: ['actions'], resourceNames: [action], verbs: ['plan'] }];
    await create(pathOf('roles', site.namespace), { metadata: { name: 'planner' }, rules });
    const callerAccount = { name: 'caller', namespace: site.namespace };
    await bind(site.namespace, bindingOf('planner', { kind: 'Role', name: 'planner' }, callerAccount));
    const job = jobFor({
      installation,
      namespace: site.namespace,
      createdBy: userOf(site.namespace),
      action,
    });
    expect(await rehearse(job)).toMatchObject({ status: 201 });
    const created = await caller({ method: 'POST', path: JOBS, body: job });
    expect(created.message).toMatch(/may not execute rollout-restart in namespace/);
    expect(created.status).toBe(403);
  });

  test('in the whole cluster is asked for without a namespace', async () => {
    const job = spoil(validJob(), {
      [`/metadata/labels/${GROUP}~1namespace`]: undefined,
      [`/metadata/labels/${GROUP}~1scope`]: 'cluster',
      [`/spec/template/metadata/labels/${GROUP}~1namespace`]: undefined,
      [`/spec/template/metadata/labels/${GROUP}~1scope`]: 'cluster',
      '/spec/template/spec/containers/0/args/3': '--cluster',
    });
    expect((await rehearse(job)).message).toMatch(/may not plan scale-deployment in the whole cluster/);
    const { namespace } = site;
    const role = { kind: 'ClusterRole', name: 'kubernetes-executor:scale-deployment:execute' };
    await bind(undefined, bindingOf(namespace, role, { name: 'caller', namespace }));
    expect(await rehearse(job)).toMatchObject({ status: 201 });
    await remove(pathOf('clusterrolebindings', undefined, namespace));
  });
});

describe('a Job that was created', () => {
  let name: string;
  beforeAll(async () => {
    const job = spoil(validJob(), { '/spec/suspend': true });
    name = job.metadata?.name ?? '';
    await caller({ method: 'POST', path: JOBS, body: job });
  });
  afterAll(async () => await remove(`${JOBS}/${name}`));

  test.each([
    [
      'its tolerations while it is suspended',
      { spec: { template: { spec: { tolerations: [{ operator: 'Exists' }] } } } },
      /immutable/,
    ],
    [
      'its node selector while it is suspended',
      { spec: { template: { spec: { nodeSelector: { a: 'b' } } } } },
      /immutable/,
    ],
    ['its retries', { spec: { backoffLimit: 3 } }, /immutable/],
    ['its deadline to later', { spec: { activeDeadlineSeconds: 14_000 } }, /only be shortened/],
    ['its namespace', { metadata: { labels: { [`${GROUP}/namespace`]: 'default' } } }, /immutable/],
    ['its creator', { metadata: { annotations: { [`${GROUP}/created-by`]: 'me' } } }, /immutable/],
  ])('keeps %s', async (_what, change, message) => {
    const said = await administrator.ask({
      method: 'PATCH',
      path: `${JOBS}/${name}`,
      contentType: 'application/strategic-merge-patch+json',
      body: change,
    });
    expect(said.message).toMatch(message);
    expect(said.status).toBe(403);
  });

  test('may be labelled and resumed by a queue, and shortened', async () => {
    await patch(`${JOBS}/${name}`, {
      metadata: { labels: { queue: 'night' } },
      spec: { activeDeadlineSeconds: 60 },
    });
    const job = await patch<V1Job>(`${JOBS}/${name}?dryRun=All`, { spec: { suspend: false } });
    expect(job.spec).toMatchObject({ suspend: false, activeDeadlineSeconds: 60 });
  });

  test('is not deleted by a caller who may not execute that action there', async () => {
    const other = await openSite(['scale-deployment']);
    const said = await bearer(other.token)({ method: 'DELETE', path: `${JOBS}/${name}` });
    await other.close();
    expect(said.message).toMatch(/may not stop an execution of scale-deployment in namespace/);
    expect(said.status).toBe(403);
    expect(await read(`${JOBS}/${name}`)).toBeDefined();
  });
});
