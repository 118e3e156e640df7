import type { V1DaemonSet, V1Deployment, V1PodTemplateSpec, V1StatefulSet } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, create, patch, pathOf, type Resource, untilObject } from './harness/cluster.ts';
import { jobsOf, live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { openSite, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { BUSYBOX, deploy, deployDaemonSet, deployStatefulSet, untilAvailable } from './harness/workloads.ts';
import { type Administrator, JSON_PATCH, openAdministrator, rehearsalOf } from './policies/identities.ts';

const test = testWith(['rollback-deployment']);

const back = { action: 'rollback-deployment', target: 'deployment/web' };
/** Refuses connections at once, where a real registry would be asked for long. */
const NOWHERE = 'localhost:1/acme/web:2';

type Workload = V1Deployment | V1StatefulSet | V1DaemonSet;

async function template(
  site: Site,
  resource: Resource = 'deployments',
  name = 'web',
): Promise<V1PodTemplateSpec | undefined> {
  return (await live<Workload>(pathOf(resource, site.namespace, name))).spec?.template;
}

/** Changes the container of the template, as a strategic merge patch, which makes a new revision. */
async function change(site: Site, resource: Resource, name: string, container: object): Promise<void> {
  const body = { spec: { template: { spec: { containers: [{ name: 'app', ...container }] } } } };
  const path = pathOf(resource, site.namespace, name);
  const answer = await ask('PATCH', path, body, 'application/strategic-merge-patch+json');
  expect(answer.status, answer.text).toBe(200);
  await untilObject<Workload>(
    path,
    (object) => object?.status?.observedGeneration === object?.metadata?.generation,
  );
}

function level(value: string) {
  return { env: [{ name: 'LEVEL', value }] };
}

/** Revision 1 without a level, 2 and 3 with one; returns their templates. */
async function deployThree(site: Site): Promise<readonly (V1PodTemplateSpec | undefined)[]> {
  await deploy(site.namespace, 'web', { replicas: 2 });
  const first = await template(site);
  await change(site, 'deployments', 'web', level('level-two'));
  const second = await template(site);
  await change(site, 'deployments', 'web', level('level-three'));
  await untilAvailable(site.namespace, 'web', 2);
  return [first, second, await template(site)];
}

describe.concurrent('rollback-deployment', () => {
  test('returns to the revision before, or to one that is named, and mode rollback takes it back', async ({
    site,
  }) => {
    const [first, second, third] = await deployThree(site);
    const planned = await site.run({ ...back, mode: 'plan' });
    expectStep(planned, 'planned', 'planned');
    expect(planned.summary).toContain('/spec/template/spec/containers/0/env/0/value');
    expect(await template(site)).toEqual(third);
    const step = await site.run(back);
    expectStep(step, 'succeeded', 'ok');
    expect(await template(site)).toEqual(second);
    await untilAvailable(site.namespace, 'web', 2);
    const shown = [step.summary, JSON.stringify(step.outputs), ...step.log.shown].join('\n');
    expect(shown).not.toMatch(/level-(two|three)/);
    const undo = { ...back, mode: 'rollback', 'execution-id': step.outputs['execution-id'] ?? '' };
    expectStep(await site.run(undo), 'succeeded', 'ok');
    expect(await template(site)).toEqual(third);
    expectStep(await site.run({ ...back, parameters: 'toRevision: 1' }), 'succeeded', 'ok');
    expect(await template(site)).toEqual(first);
    await untilNothingLeft(site.namespace);
  });

  test('returns a StatefulSet and a DaemonSet', async ({ site }) => {
    await Promise.all([deployStatefulSet(site.namespace, 'db', 2), deployDaemonSet(site.namespace, 'agent')]);
    const before = [await template(site, 'statefulsets', 'db'), await template(site, 'daemonsets', 'agent')];
    await change(site, 'statefulsets', 'db', level('2'));
    await change(site, 'daemonsets', 'agent', level('2'));
    const [ofSet, ofDaemon] = await Promise.all([
      site.run({ action: 'rollback-statefulset', target: 'db' }),
      site.run({ action: 'rollout-undo', target: 'ds/agent', parameters: 'revision: 1' }),
    ]);
    expectStep(ofSet, 'succeeded', 'ok');
    expectStep(ofDaemon, 'succeeded', 'ok');
    expect([await template(site, 'statefulsets', 'db'), await template(site, 'daemonsets', 'agent')]).toEqual(
      before,
    );
    const { status } = await live<V1StatefulSet>(pathOf('statefulsets', site.namespace, 'db'));
    expect(status).toMatchObject({ readyReplicas: 2, updateRevision: status?.currentRevision });
  });

  test('to a revision whose image is gone is undone, exactly', async ({ site }) => {
    await deploy(site.namespace, 'web', { replicas: 2 });
    await change(site, 'deployments', 'web', { image: NOWHERE });
    await change(site, 'deployments', 'web', { image: BUSYBOX, ...level('3') });
    await untilAvailable(site.namespace, 'web', 2);
    const before = await template(site);
    const step = await site.run({ ...back, parameters: 'revision: 2' });
    expectStep(step, 'rolled-back', 'image-pull-failed');
    expect(step.outputs['message']).toContain(NOWHERE);
    expect(step.outputs['changed']).toBe('false');
    expect(await template(site)).toEqual(before);
    await untilAvailable(site.namespace, 'web', 2);
  });

  test('refuses what can not be returned to, and a workload that is paused or kept elsewhere', async ({
    site,
  }) => {
    const [, , third] = await deployThree(site);
    const missing = await site.run({ ...back, parameters: 'revision: 9' });
    expectStep(missing, 'refused', 'target-unsuitable');
    expect(missing.outputs['message']).toContain('revisions 3 (current), 2, 1');
    const equal = await site.run({ ...back, parameters: 'revision: 3' });
    expectStep(equal, 'refused', 'target-unsuitable');
    expect(equal.outputs['message']).toContain('at revision 3 already');
    const zero = await site.run({ ...back, parameters: 'revision: 0' });
    expectStep(zero, 'refused', 'input-invalid');
    const web = pathOf('deployments', site.namespace, 'web');
    await patch(web, { spec: { paused: true } });
    const paused = await site.run(back);
    expectStep(paused, 'refused', 'rollout-paused');
    expect(paused.outputs['message']).toContain('kubectl rollout resume deployment/web');
    const trackedBy = { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' };
    await patch(web, { metadata: { annotations: trackedBy }, spec: { paused: null } });
    expectStep(await site.run(back), 'refused', 'gitops-managed');
    expect(await template(site)).toEqual(third);
    expect(await jobsOf(site.namespace)).toEqual([]);
  });

  test('refuses where no earlier revision is left, or a right is missing', async ({ site }) => {
    await deploy(site.namespace, 'web', { spec: { revisionHistoryLimit: 0 } });
    const left = await site.run(back);
    expectStep(left, 'refused', 'target-unsuitable');
    expect(left.outputs['message']).toMatch(/no earlier revision left.*revisionHistoryLimit is 0/);
    await site.revoke('action', 'rollback-deployment');
    const step = await site.run(back);
    expectStep(step, 'refused', 'permission-missing');
    expect(step.outputs['message']).toContain('list replicasets.apps');
    expect(await jobsOf(site.namespace)).toEqual([]);
  });
});

const ABUSES: readonly (readonly [what: string, patch: object])[] = [
  ['the replicas', { op: 'replace', path: '/spec/replicas', value: 7 }],
  ['the history', { op: 'replace', path: '/spec/revisionHistoryLimit', value: 0 }],
  ['whether it is paused', { op: 'add', path: '/spec/paused', value: true }],
  ['the strategy', { op: 'replace', path: '/spec/strategy', value: { type: 'Recreate' } }],
  ['a label', { op: 'add', path: '/metadata/labels', value: { more: 'x' } }],
  ['an annotation', { op: 'add', path: '/metadata/annotations', value: { more: 'x' } }],
  ['a finalizer', { op: 'add', path: '/metadata/finalizers', value: ['example.com/a'] }],
  [
    'an owner',
    {
      op: 'add',
      path: '/metadata/ownerReferences',
      value: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'a4f2b1c0-0000-4000-8000-000000000000' }],
    },
  ],
];

describe('the identity of rollback-deployment', () => {
  let site: Site;
  let administrator: Administrator;
  beforeAll(async () => {
    site = await openSite(['rollback-deployment']);
    administrator = await openAdministrator(site.namespace);
    const labels = { app: 'web' };
    const containers = [{ name: 'app', image: BUSYBOX }];
    await create(pathOf('deployments', site.namespace), {
      metadata: { name: 'web' },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    });
  });
  afterAll(async () => {
    await administrator.close();
    await site.close();
  });

  const later = { op: 'add', path: '/spec/template/metadata/annotations', value: { more: 'x' } };
  const patchOf = (path: string, ...body: readonly object[]) =>
    ({ method: 'PATCH', path, contentType: JSON_PATCH, body }) as const;
  const web = () => pathOf('deployments', site.namespace, 'web');

  it.each(ABUSES)('may not write %s, not even beside the template', async (_what, operation) => {
    const before = await live<V1Deployment>(web());
    const sent = patchOf(web(), later, operation);
    const said = await administrator.fromPod('action-rollback-deployment')(sent);
    expect(said.message).toMatch(/rollback-deployment may change nothing of deployments but|ownerReferences/);
    expect(said.status).toBe(403);
    expect((await live<V1Deployment>(web())).metadata?.generation).toBe(before.metadata?.generation);
  });

  it('may write the template, and outside its pod only rehearse that', async () => {
    const rehearsal = await rehearsalOf('action-rollback-deployment');
    expect(await rehearsal(patchOf(`${web()}?dryRun=All`, later))).toMatchObject({ status: 200 });
    expect(await rehearsal(patchOf(web(), later))).toMatchObject({ status: 403 });
    expect((await template(site))?.metadata?.annotations).toBeUndefined();
    const said = await administrator.fromPod('action-rollback-deployment')(patchOf(web(), later));
    expect(said).toMatchObject({ status: 200 });
  });

  it('may write nothing elsewhere, and no history', async () => {
    const pod = administrator.fromPod('action-rollback-deployment');
    const elsewhere = pathOf('deployments', 'default', 'web');
    expect(await pod(patchOf(elsewhere, later))).toMatchObject({ status: 403 });
    const history = pathOf('replicasets', site.namespace, 'web-1');
    expect(await pod({ method: 'DELETE', path: history })).toMatchObject({ status: 403 });
  });
});
