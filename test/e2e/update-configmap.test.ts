import type { V1ConfigMap, V1Deployment } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, patch, pathOf } from './harness/cluster.ts';
import { jobsOf, live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { openSite, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { BUSYBOX, deploy } from './harness/workloads.ts';
import { type Administrator, JSON_PATCH, openAdministrator } from './policies/identities.ts';

const test = testWith(['update-configmap']);
const update = { action: 'update-configmap', target: 'settings' };

async function plant(
  site: Site,
  fields: object = { data: { color: 'blue', size: 'l' } },
): Promise<V1ConfigMap> {
  return create(pathOf('configmaps', site.namespace), { metadata: { name: 'settings' }, ...fields });
}

async function settings(site: Site): Promise<V1ConfigMap> {
  return live<V1ConfigMap>(pathOf('configmaps', site.namespace, 'settings'));
}

function undoOf(outputs: Readonly<Record<string, string>>) {
  return { ...update, mode: 'rollback', 'execution-id': outputs['execution-id'] ?? '' };
}

/** Its container ends where the color is not one it knows. */
async function deployUsing(site: Site): Promise<V1Deployment> {
  const env = [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'settings', key: 'color' } } }];
  const script =
    'case "$COLOR" in no-*) exit 1 ;; esac; touch up; trap "exit 0" TERM; sleep 2147483647 & wait';
  const readinessProbe = { exec: { command: ['test', '-e', 'up'] }, periodSeconds: 1, timeoutSeconds: 10 };
  const started = { command: ['sh', '-c', script], workingDir: '/tmp', readinessProbe };
  const container = { name: 'app', image: BUSYBOX, imagePullPolicy: 'IfNotPresent', env, ...started };
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
  return deploy(site.namespace, 'web', { spec: { template } });
}

describe.concurrent('update-configmap', () => {
  test('sets and removes keys, and restarts who uses them, there and back', async ({ site }) => {
    await plant(site);
    const before = await deployUsing(site);
    const parameters = '{ data: { color: red, size: null, more: "1" }, restart-consumers: true }';
    const step = await site.run({ ...update, parameters });
    expectStep(step, 'succeeded', 'ok');
    expect((await settings(site)).data).toEqual({ color: 'red', more: '1' });
    const after = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(after.metadata?.generation).toBe((before.metadata?.generation ?? 0) + 1);
    expectStep(await site.run(undoOf(step.outputs)), 'succeeded', 'ok');
    expect((await settings(site)).data).toEqual({ color: 'blue', size: 'l' });
    const restored = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(restored.spec?.template).toEqual(before.spec?.template);
  });

  test('is put back where a consumer does not come up with it', async ({ site }) => {
    await plant(site);
    const before = await deployUsing(site);
    const parameters = '{ data: { color: no-color }, restart-consumers: true }';
    expectStep(await site.run({ ...update, parameters }), 'rolled-back', 'container-failing');
    expect((await settings(site)).data).toEqual({ color: 'blue', size: 'l' });
    const restored = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(restored.spec?.template).toEqual(before.spec?.template);
  });

  test('lists who uses it, and changes nothing in mode plan or where all is as asked', async ({ site }) => {
    const { metadata } = await plant(site);
    await deployUsing(site);
    const parameters = 'data: { color: red }';
    const planned = await site.run({ ...update, parameters, mode: 'plan' });
    expectStep(planned, 'planned', 'planned');
    expect(planned.summary).toContain('deployment/web uses it for the environment of container app');
    expect(planned.summary).toContain('red');
    const same = await site.run({
      ...update,
      parameters: '{ data: { color: blue }, restart-consumers: true }',
    });
    expectStep(same, 'succeeded', 'no-change');
    expect((await settings(site)).metadata?.resourceVersion).toBe(metadata?.resourceVersion);
    expect(await jobsOf(site.namespace)).toEqual([]);
  });

  test('leaves alone what somebody has changed since', async ({ site }) => {
    await plant(site);
    const step = await site.run({ ...update, parameters: 'data: { color: red }' });
    expectStep(step, 'succeeded', 'ok');
    await patch(pathOf('configmaps', site.namespace, 'settings'), { data: { color: 'green' } });
    expectStep(await site.run(undoOf(step.outputs)), 'refused', 'rollback-conflict');
    expect((await settings(site)).data).toEqual({ color: 'green', size: 'l' });
  });

  test('says all that is wrong, who owns it, and what right is missing', async ({ site }) => {
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'apps' };
    const { metadata } = await plant(site, {
      metadata: { name: 'settings', labels },
      data: { color: 'blue' },
    });
    const wrong = await site.run({ ...update, parameters: 'data: { "a/b": x, color: 1 }' });
    expectStep(wrong, 'refused', 'input-invalid');
    expect(wrong.outputs['message']).toMatch(/is no key[\s\S]*in quotes|in quotes[\s\S]*is no key/);
    const owned = await site.run({ ...update, parameters: 'data: { color: red }' });
    expectStep(owned, 'refused', 'gitops-managed');
    await site.revoke('action', 'update-configmap');
    const denied = await site.run({ ...update, parameters: 'data: { color: red }', gitops: 'warn' });
    expectStep(denied, 'refused', 'permission-missing');
    expect(denied.outputs['message']).toContain('patch configmaps in');
    expect((await settings(site)).metadata?.resourceVersion).toBe(metadata?.resourceVersion);
  });
});

const ABUSES: readonly (readonly [what: string, patch: object])[] = [
  ['binaryData', { op: 'add', path: '/binaryData', value: { x: 'eA==' } }],
  ['immutable', { op: 'add', path: '/immutable', value: true }],
  ['labels', { op: 'add', path: '/metadata/labels', value: { a: 'b' } }],
  ['finalizers', { op: 'add', path: '/metadata/finalizers', value: ['example.com/x'] }],
];

describe('the identity of update-configmap', () => {
  let site: Site;
  let administrator: Administrator;
  beforeAll(async () => {
    site = await openSite(['update-configmap']);
    administrator = await openAdministrator(site.namespace);
    await plant(site);
  });
  afterAll(async () => {
    await administrator.close();
    await site.close();
  });

  it.each(ABUSES)('may not write %s', async (_what, operation) => {
    const path = pathOf('configmaps', site.namespace, 'settings');
    const sent = { method: 'PATCH', path, contentType: JSON_PATCH, body: [operation] } as const;
    const said = await administrator.fromPod('action-update-configmap')(sent);
    expect(said.message).toContain('may change nothing of configmaps but data');
    expect(said.status).toBe(403);
  });

  it('may write no ConfigMap elsewhere, the executor’s own least of all', async () => {
    const body = [{ op: 'add', path: '/data/x', value: 'y' }];
    const own = administrator.fromPod('action-update-configmap');
    for (const path of [
      pathOf('configmaps', 'default', 'kube-root-ca.crt'),
      pathOf('configmaps', 'kubernetes-executor', 'executor-installation'),
    ]) {
      expect(await own({ method: 'PATCH', path, contentType: JSON_PATCH, body })).toMatchObject({
        status: 403,
      });
    }
  });
});
