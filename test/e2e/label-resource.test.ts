import type { V1ConfigMap, V1Deployment, V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, list, patch, pathOf, type Resource } from './harness/cluster.ts';
import { jobsOf, live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { openSite, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { deploy, startPod } from './harness/workloads.ts';
import { type Administrator, JSON_PATCH, openAdministrator, rehearsalOf } from './policies/identities.ts';

const test = testWith(['label-resource']);

const web = { action: 'label-resource', target: 'deployment/web' };

async function meta(site: Site, resource: Resource = 'deployments', name = 'web'): Promise<V1ObjectMeta> {
  const { metadata } = await live<{ metadata: V1ObjectMeta }>(pathOf(resource, site.namespace, name));
  return metadata;
}

async function serve(site: Site, name: string, selector: object): Promise<void> {
  const body = { metadata: { name }, spec: { selector, ports: [{ port: 80 }] } };
  await create(pathOf('services', site.namespace), body);
}

/** A caller's undo of what a step did. */
function undoOf(inputs: { action: string; target: string }, outputs: Readonly<Record<string, string>>) {
  return { ...inputs, mode: 'rollback', 'execution-id': outputs['execution-id'] ?? '' };
}

describe.concurrent('label-resource', () => {
  test('sets, adds and removes labels of a workload alone, and mode rollback puts them back', async ({
    site,
  }) => {
    const labels = { tier: 'b', team: 'shop', stays: 'x' };
    const before = await deploy(site.namespace, 'web', { replicas: 0, labels });
    const parameters = 'labels: { tier: a, team: null, app.kubernetes.io/version: "2", app: other }';
    const step = await site.run({ ...web, parameters });
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['changed']).toBe('true');
    expect(step.summary).toContain('app is also in the selector');
    const after = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    const asked = { tier: 'a', stays: 'x', 'app.kubernetes.io/version': '2', app: 'other' };
    expect(after.metadata?.labels).toEqual(asked);
    expect(after.spec).toEqual(before.spec);
    expectStep(await site.run(undoOf(web, step.outputs)), 'succeeded', 'ok');
    expect((await meta(site)).labels).toEqual(labels);
    await untilNothingLeft(site.namespace);
  });

  test('of a ConfigMap that has none, then its last one, there and back', async ({ site }) => {
    const settings = { action: 'label', target: 'cm/settings' };
    const path = pathOf('configmaps', site.namespace, 'settings');
    await create(pathOf('configmaps', site.namespace), { metadata: { name: 'settings' }, data: { a: 'b' } });
    const added = await site.run({ ...settings, parameters: 'labels: { tier: a }' });
    expectStep(added, 'succeeded', 'ok');
    expect((await live<V1ConfigMap>(path)).metadata?.labels).toEqual({ tier: 'a' });
    const removed = await site.run({ ...settings, parameters: 'labels: { tier: null }' });
    expectStep(removed, 'succeeded', 'ok');
    expect((await live<V1ConfigMap>(path)).metadata?.labels).toBeUndefined();
    expectStep(await site.run(undoOf(settings, removed.outputs)), 'succeeded', 'ok');
    expect((await live<V1ConfigMap>(path)).metadata?.labels).toEqual({ tier: 'a' });
    expectStep(await site.run(undoOf(settings, added.outputs)), 'succeeded', 'ok');
    expect((await live<V1ConfigMap>(path)).metadata?.labels).toBeUndefined();
  });

  test('of a Service, unless somebody has labelled it otherwise since', async ({ site }) => {
    const service = { action: 'UpdateLabels', target: 'svc/web' };
    await serve(site, 'web', { app: 'web' });
    const step = await site.run({ ...service, parameters: 'labels: { tier: a }' });
    expectStep(step, 'succeeded', 'ok');
    await patch(pathOf('services', site.namespace, 'web'), { metadata: { labels: { tier: 'c' } } });
    const undone = await site.run(undoOf(service, step.outputs));
    expect(undone.outputs['reason-code'], undone.log.shown.join('\n')).toBe('rollback-conflict');
    expect((await meta(site, 'services')).labels).toEqual({ tier: 'c' });
  });

  test('of a pod, but none by which its controller or a Service has it', async ({ site }) => {
    await deploy(site.namespace, 'web');
    await Promise.all([serve(site, 'web', { app: 'web' }), serve(site, 'canary', { track: 'canary' })]);
    const [pod] = await list<V1Pod>(pathOf('pods', site.namespace));
    const name = pod?.metadata?.name ?? '';
    const inputs = { action: 'label-resource', target: `pod/${name}` };
    const refused = await site.run({ ...inputs, parameters: 'labels: { app: other, track: canary }' });
    expectStep(refused, 'refused', 'target-unsuitable');
    expect(refused.outputs['message']).toMatch(/replicaset\/web-\w+ has it by app=web/);
    expect(refused.outputs['message']).toContain('service/web sends requests');
    expect((await meta(site, 'pods', name)).labels).toEqual(pod?.metadata?.labels);
    const step = await site.run({ ...inputs, parameters: 'labels: { track: canary }' });
    expectStep(step, 'succeeded', 'ok');
    expect(step.summary).toContain('service/canary begins to send requests');
    expect((await meta(site, 'pods', name)).labels).toEqual({ ...pod?.metadata?.labels, track: 'canary' });
    expectStep(await site.run(undoOf(inputs, step.outputs)), 'succeeded', 'ok');
    const after = await meta(site, 'pods', name);
    expect(after.labels).toEqual(pod?.metadata?.labels);
    expect(after.uid).toBe(pod?.metadata?.uid);
  });

  test('that are so already needs no Job', async ({ site }) => {
    const before = await deploy(site.namespace, 'web', { replicas: 0, labels: { tier: 'a' } });
    const step = await site.run({ ...web, parameters: 'labels: { tier: a, none: null }' });
    expectStep(step, 'succeeded', 'no-change');
    expect(await jobsOf(site.namespace)).toEqual([]);
    expect((await meta(site)).resourceVersion).toBe(before.metadata?.resourceVersion);
  });

  test('that no object may have, or without the right to it, changes nothing', async ({ site }) => {
    const before = await deploy(site.namespace, 'web', { replicas: 0, labels: { tier: 'b' } });
    const wrong = '{ "a b": x, tier: "no space", topology.kubernetes.io/zone: x }';
    const misused = await site.run({ ...web, parameters: `labels: ${wrong}` });
    expectStep(misused, 'refused', 'input-invalid');
    for (const said of ['is no label', 'no label can have', 'labels of topology.kubernetes.io belong']) {
      expect(misused.outputs['message']).toContain(said);
    }
    const number = await site.run({ ...web, parameters: 'labels: { version: 2 }' });
    expectStep(number, 'refused', 'input-invalid');
    expect(number.outputs['message']).toContain('in quotes');
    await site.revoke('action', 'label-resource');
    const step = await site.run({ ...web, parameters: 'labels: { tier: a }' });
    expectStep(step, 'refused', 'permission-missing');
    expect(step.outputs['message']).toContain('patch deployments.apps');
    expect((await meta(site)).resourceVersion).toBe(before.metadata?.resourceVersion);
    expect(await jobsOf(site.namespace)).toEqual([]);
  });
});

const IMAGE = { op: 'replace', path: '/spec/containers/0/image', value: 'evil' };
const ABUSES: readonly (readonly [what: string, resource: Resource, patch: object])[] = [
  ['the replicas', 'deployments', { op: 'replace', path: '/spec/replicas', value: 7 }],
  ['the annotations', 'deployments', { op: 'add', path: '/metadata/annotations', value: { more: 'x' } }],
  [
    'the labels of its pods',
    'deployments',
    { op: 'add', path: '/spec/template/metadata/labels/x', value: 'x' },
  ],
  ['the image', 'pods', IMAGE],
  ['the finalizers', 'pods', { op: 'add', path: '/metadata/finalizers', value: ['example.com/x'] }],
  ['the selector', 'services', { op: 'replace', path: '/spec/selector', value: { app: 'evil' } }],
  ['the data', 'configmaps', { op: 'add', path: '/data', value: { more: 'x' } }],
];

describe('the identity of label-resource', () => {
  let site: Site;
  let administrator: Administrator;
  beforeAll(async () => {
    site = await openSite(['label-resource']);
    administrator = await openAdministrator(site.namespace);
    await Promise.all([
      deploy(site.namespace, 'web', { replicas: 0 }),
      startPod(site.namespace, 'web'),
      serve(site, 'web', { app: 'web' }),
      create(pathOf('configmaps', site.namespace), { metadata: { name: 'web' } }),
    ]);
  });
  afterAll(async () => {
    await administrator.close();
    await site.close();
  });

  const label = { op: 'add', path: '/metadata/labels', value: { tier: 'a' } };
  const patchOf = (path: string, ...body: readonly object[]) =>
    ({ method: 'PATCH', path, contentType: JSON_PATCH, body }) as const;

  it.each(ABUSES)('may not write %s of %s, not even beside a label', async (_what, resource, operation) => {
    const path = pathOf(resource, site.namespace, 'web');
    const before = await live<object>(path);
    const said = await administrator.fromPod('action-label-resource')(patchOf(path, label, operation));
    expect(said.message).toContain(`label-resource may change nothing of ${resource} but metadata.labels`);
    expect(said.status).toBe(403);
    expect(await live<object>(path)).toEqual(before);
  });

  it('may write labels, outside its pod only rehearse that, and none elsewhere', async () => {
    const path = pathOf('configmaps', site.namespace, 'web');
    const rehearsal = await rehearsalOf('action-label-resource');
    expect(await rehearsal(patchOf(`${path}?dryRun=All`, label))).toMatchObject({ status: 200 });
    expect(await rehearsal(patchOf(path, label))).toMatchObject({ status: 403 });
    const pod = administrator.fromPod('action-label-resource');
    expect(await pod(patchOf(path, label))).toMatchObject({ status: 200 });
    expect((await live<V1ConfigMap>(path)).metadata?.labels).toEqual({ tier: 'a' });
    const elsewhere = pathOf('configmaps', 'default', 'kube-root-ca.crt');
    expect(await pod(patchOf(elsewhere, label))).toMatchObject({ status: 403 });
    const other = { metadata: { name: 'other' } };
    expect(
      await pod({ method: 'POST', path: pathOf('configmaps', site.namespace), body: other }),
    ).toMatchObject({ status: 403 });
  });
});
