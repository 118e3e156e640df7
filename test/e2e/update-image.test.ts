import type { V1DaemonSet, V1Deployment, V1PodTemplateSpec, V1StatefulSet } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { create, patch, pathOf, type Resource } from './harness/cluster.ts';
import { jobsOf, live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { openSite, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { untilPodRefused } from './harness/until-pod.ts';
import { BUSYBOX, deploy, deployDaemonSet, deployStatefulSet, untilAvailable } from './harness/workloads.ts';
import { type Administrator, JSON_PATCH, openAdministrator, rehearsalOf } from './policies/identities.ts';

const test = testWith(['update-image']);

/** Another name of the image that every node has. */
const OTHER = 'busybox:1.37';
/** Refuses connections at once, where a real registry would be asked for long. */
const NOWHERE = 'localhost:1/acme/web:2';
/** The executor's own: on every node, and without the shell that our containers begin with. */
const WITHOUT_SHELL = 'gcr.io/distroless/nodejs24-debian13:nonroot';
const toDeployment = { action: 'update-image', target: 'deployment/web' };

type Workload = V1Deployment | V1StatefulSet | V1DaemonSet;

async function template(
  site: Site,
  resource: Resource = 'deployments',
  name = 'web',
): Promise<V1PodTemplateSpec | undefined> {
  return (await live<Workload>(pathOf(resource, site.namespace, name))).spec?.template;
}

async function images(site: Site, resource?: Resource, name?: string): Promise<readonly string[]> {
  const spec = (await template(site, resource, name))?.spec;
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ image }) => image ?? '');
}

describe.concurrent('update-image', () => {
  test('of several containers, and back by mode rollback', async ({ site }) => {
    const prepare = { name: 'prepare', image: BUSYBOX, command: ['true'] };
    await deploy(site.namespace, 'web', { replicas: 2, podSpec: { initContainers: [prepare] } });
    const before = await template(site);
    const parameters = `images: { app: "${OTHER}", prepare: "${OTHER}" }`;
    const step = await site.run({ ...toDeployment, parameters });
    expectStep(step, 'succeeded', 'ok');
    expect(await images(site)).toEqual([OTHER, OTHER]);
    await untilAvailable(site.namespace, 'web', 2);
    expect(step.summary).toContain('can be moved in its registry');
    const undo = { ...toDeployment, mode: 'rollback', 'execution-id': step.outputs['execution-id'] ?? '' };
    expectStep(await site.run(undo), 'succeeded', 'ok');
    expect(await template(site)).toEqual(before);
    await untilAvailable(site.namespace, 'web', 2);
  });

  test('of a StatefulSet and of a DaemonSet', async ({ site }) => {
    await Promise.all([deployStatefulSet(site.namespace, 'db', 2), deployDaemonSet(site.namespace, 'agent')]);
    const parameters = `image: ${OTHER}`;
    const [ofSet, ofDaemon] = await Promise.all([
      site.run({ action: 'set-image', target: 'sts/db', parameters }),
      site.run({ action: 'UpdateImage', target: 'daemonset/agent', parameters }),
    ]);
    expectStep(ofSet, 'succeeded', 'ok');
    expectStep(ofDaemon, 'succeeded', 'ok');
    expect(await images(site, 'statefulsets', 'db')).toEqual([OTHER]);
    expect(await images(site, 'daemonsets', 'agent')).toEqual([OTHER]);
    const { status } = await live<V1StatefulSet>(pathOf('statefulsets', site.namespace, 'db'));
    expect(status).toMatchObject({ readyReplicas: 2, updateRevision: status?.currentRevision });
  });

  test('to what it is needs no Job', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const step = await site.run({ ...toDeployment, parameters: `{ container: app, image: "${BUSYBOX}" }` });
    expectStep(step, 'succeeded', 'no-change');
    expect(await jobsOf(site.namespace)).toEqual([]);
  });

  test('that can not be pulled is seen as such, undone and verified', async ({ site }) => {
    await deploy(site.namespace, 'web', { replicas: 2 });
    const before = await template(site);
    const step = await site.run({ ...toDeployment, parameters: `image: ${NOWHERE}` });
    expectStep(step, 'rolled-back', 'image-pull-failed');
    expect(step.outputs['message']).toContain(NOWHERE);
    expect(step.outputs['message']).toContain('connection refused');
    expect(step.outputs['changed']).toBe('false');
    expect(await template(site)).toEqual(before);
    await untilAvailable(site.namespace, 'web', 2);
    await untilNothingLeft(site.namespace);
  });

  test('that can not be pulled leaves a StatefulSet stuck, which is told with the way out', async ({
    site,
  }) => {
    await deployStatefulSet(site.namespace, 'db', 2);
    const before = await template(site, 'statefulsets', 'db');
    const step = await site.run({
      action: 'update-image',
      target: 'statefulset/db',
      parameters: `image: ${NOWHERE}`,
    });
    expectStep(step, 'rollback-failed', 'rollback-failed');
    expect(step.outputs['message']).toContain(`kubectl delete pod db-1 -n ${site.namespace}`);
    expect(await template(site, 'statefulsets', 'db')).toEqual(before);
  });

  test('whose container does not start is told apart', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const before = await template(site);
    const step = await site.run({ ...toDeployment, parameters: `image: ${WITHOUT_SHELL}` });
    expectStep(step, 'rolled-back', 'container-failing');
    expect(await template(site)).toEqual(before);
  });

  test('whose pods no node takes, or no quota, is told apart', async ({ site }) => {
    const alone = { topologyKey: 'kubernetes.io/os', labelSelector: { matchLabels: { app: 'web' } } };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [alone] } };
    await deploy(site.namespace, 'web', { podSpec: { affinity } });
    const before = await template(site);
    const inputs = { ...toDeployment, parameters: `image: ${OTHER}`, 'verify-timeout': '60s' };
    const unscheduled = await site.run(inputs);
    expectStep(unscheduled, 'rolled-back', 'unschedulable');
    expect(unscheduled.outputs['message']).toContain('anti-affinity');
    expect(await template(site)).toEqual(before);
    await untilAvailable(site.namespace, 'web', 1);
    const quota = { metadata: { name: 'one-pod' }, spec: { hard: { pods: '1' } } };
    await create(pathOf('resourcequotas', site.namespace), quota);
    await untilPodRefused(site.namespace, 'exceeded quota');
    const full = await site.run(inputs);
    expectStep(full, 'rolled-back', 'quota-exceeded');
    expect(full.outputs['message']).toContain('one-pod');
    expect(await template(site)).toEqual(before);
  });

  test('whose pods the namespace no longer admits changes nothing', async ({ site }) => {
    const before = await deploy(site.namespace, 'web', { podSpec: { hostPID: true } });
    const enforced = { 'pod-security.kubernetes.io/enforce': 'baseline' };
    await patch(pathOf('namespaces', undefined, site.namespace), { metadata: { labels: enforced } });
    await untilPodRefused(site.namespace, 'PodSecurity', { hostPID: true });
    const step = await site.run({ ...toDeployment, parameters: `image: ${OTHER}` });
    expectStep(step, 'refused', 'rehearsal-refused');
    expect(step.outputs['message']).toMatch(/PodSecurity.*hostPID/);
    const after = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(after.metadata?.generation).toBe(before.metadata?.generation);
    expect(await jobsOf(site.namespace)).toEqual([]);
  });

  test('that somebody puts back is a conflict, and no success', async ({ site }) => {
    await deploy(site.namespace, 'web', {
      spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
      replicas: 0,
    });
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { replicas: 1 } });
    const running = site.start({ ...toDeployment, parameters: `image: ${OTHER}` });
    await running.untilLine(/set the image of app .*: applied/);
    await patch(pathOf('deployments', site.namespace, 'web'), {
      spec: { template: { spec: { containers: [{ name: 'app', image: BUSYBOX }] } } },
    });
    const step = await running.finished;
    expectStep(step, 'rolled-back', 'conflict');
    expect(step.outputs['changed']).toBe('false');
    expect(step.outputs['message']).toMatch(/containers\/0\/image is no longer as it was written/);
    expect(await images(site)).toEqual([BUSYBOX]);
  });

  test('that was approved is carried out though an autoscaler has scaled meanwhile', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const inputs = { ...toDeployment, parameters: `image: ${OTHER}` };
    const planned = await site.run({ ...inputs, mode: 'plan' });
    expectStep(planned, 'planned', 'planned');
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { replicas: 2 } });
    await untilAvailable(site.namespace, 'web', 2);
    const hash = planned.outputs['plan-hash'] ?? '';
    expectStep(await site.run({ ...inputs, mode: 'apply', 'plan-hash': hash }), 'succeeded', 'ok');
    expect(await images(site)).toEqual([OTHER]);
  });

  test('without the right to it, or of a container that is not there, changes nothing', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const misnamed = await site.run({ ...toDeployment, parameters: `{ container: ap, image: "${OTHER}" }` });
    expectStep(misnamed, 'refused', 'target-unsuitable');
    expect(misnamed.outputs['message']).toMatch(/no container ap: deployment\/web has app\./);
    const misspelt = await site.run({ ...toDeployment, parameters: 'image: "busy box"' });
    expectStep(misspelt, 'refused', 'input-invalid');
    await site.revoke('action', 'update-image');
    const step = await site.run({ ...toDeployment, parameters: `image: ${OTHER}` });
    expectStep(step, 'refused', 'permission-missing');
    expect(step.outputs['message']).toContain('patch deployments.apps');
    expect(await images(site)).toEqual([BUSYBOX]);
    expect(await jobsOf(site.namespace)).toEqual([]);
  });
});

const POD = '/spec/template/spec';
const ABUSES: readonly (readonly [what: string, patch: object])[] = [
  ['the command', { op: 'add', path: `${POD}/containers/0/command`, value: ['evil'] }],
  ['the pull policy', { op: 'add', path: `${POD}/containers/0/imagePullPolicy`, value: 'Always' }],
  ['the name', { op: 'replace', path: `${POD}/containers/0/name`, value: 'other' }],
  ['one container more', { op: 'add', path: `${POD}/containers/-`, value: { name: 'x', image: OTHER } }],
  ['one container less', { op: 'remove', path: `${POD}/containers/1` }],
  ['the order', { op: 'move', from: `${POD}/containers/1`, path: `${POD}/containers/0` }],
  ['an init container', { op: 'add', path: `${POD}/initContainers`, value: [{ name: 'x', image: OTHER }] }],
  ['the ServiceAccount', { op: 'add', path: `${POD}/serviceAccountName`, value: 'other' }],
  ['the pull secrets', { op: 'add', path: `${POD}/imagePullSecrets`, value: [{ name: 'other' }] }],
  ['a label of the pods', { op: 'add', path: '/spec/template/metadata/labels/more', value: 'x' }],
  ['the replicas', { op: 'replace', path: '/spec/replicas', value: 7 }],
  ['a label', { op: 'add', path: '/metadata/labels', value: { more: 'x' } }],
  [
    'an owner',
    {
      op: 'add',
      path: '/metadata/ownerReferences',
      value: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'a4f2b1c0-0000-4000-8000-000000000000' }],
    },
  ],
];

describe('the identity of update-image', () => {
  let site: Site;
  let administrator: Administrator;
  beforeAll(async () => {
    site = await openSite(['update-image']);
    administrator = await openAdministrator(site.namespace);
    const labels = { app: 'web' };
    const containers = ['app', 'side'].map((name) => ({ name, image: BUSYBOX }));
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

  const newImage = { op: 'replace', path: `${POD}/containers/0/image`, value: OTHER };
  const patchOf = (path: string, ...body: readonly object[]) =>
    ({ method: 'PATCH', path, contentType: JSON_PATCH, body }) as const;
  const web = () => pathOf('deployments', site.namespace, 'web');

  it.each(ABUSES)('may not write %s, not even beside an image', async (_what, operation) => {
    const before = await live<V1Deployment>(web());
    const sent = patchOf(web(), newImage, operation);
    const said = await administrator.fromPod('action-update-image')(sent);
    expect(said.message).toMatch(/update-image may change nothing of deployments but|ownerReferences/);
    expect(said.status).toBe(403);
    expect((await live<V1Deployment>(web())).metadata?.generation).toBe(before.metadata?.generation);
  });

  it('may write images, and outside its pod only rehearse that', async () => {
    const rehearsal = await rehearsalOf('action-update-image');
    expect(await rehearsal(patchOf(`${web()}?dryRun=All`, newImage))).toMatchObject({ status: 200 });
    expect(await rehearsal(patchOf(web(), newImage))).toMatchObject({ status: 403 });
    const evil = { op: 'add', path: `${POD}/containers/0/command`, value: ['evil'] };
    expect(await rehearsal(patchOf(`${web()}?dryRun=All`, evil))).toMatchObject({ status: 403 });
    expect(await images(site)).toEqual([BUSYBOX, BUSYBOX]);
    expect(await administrator.fromPod('action-update-image')(patchOf(web(), newImage))).toMatchObject({
      status: 200,
    });
    expect(await images(site)).toEqual([OTHER, BUSYBOX]);
  });

  it('may write nothing elsewhere', async () => {
    const pod = administrator.fromPod('action-update-image');
    const elsewhere = pathOf('deployments', 'default', 'web');
    expect(await pod(patchOf(elsewhere, newImage))).toMatchObject({ status: 403 });
    const settings = { metadata: { name: 'settings' } };
    const path = pathOf('configmaps', site.namespace);
    expect(await pod({ method: 'POST', path, body: settings })).toMatchObject({ status: 403 });
  });
});
