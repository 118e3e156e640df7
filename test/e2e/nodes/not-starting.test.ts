/** What keeps an execution's pod from starting is told with the cluster's own words, and nothing is changed or left. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { V1ConfigMap, V1Deployment, V1Job, V1Node, V1ResourceQuota } from '@kubernetes/client-node';
import { describe, expect, onTestFinished } from 'vitest';
import { create, list, patch, pathOf, remove, untilObject } from '../harness/cluster.ts';
import { live, untilJob, untilNothingLeft, untilPlanSent, untilVerdict } from '../harness/executions.ts';
import { expectStep } from '../harness/expect-step.ts';
import { untilPoliciesAct } from '../harness/probe.ts';
import type { Inputs, Step } from '../harness/run-action.ts';
import { EXECUTOR_NAMESPACE, type Site } from '../harness/site.ts';
import { isOwnCluster, test } from '../harness/test.ts';
import { clusterUnderTest } from '../harness/under-test.ts';
import { deploy } from '../harness/workloads.ts';
import { cordon, uncordon } from './node-site.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };
const INSTALLATION = pathOf('configmaps', EXECUTOR_NAMESPACE, 'executor-installation');
/** From the start of the step; a failure that is visible is told within ten seconds. */
const SOON_MS = 20_000;
/** The kubelet pulls again after a while, and only the second failure counts. */
const SECOND_PULL_MS = 60_000;

async function replicas({ namespace }: Site): Promise<number | undefined> {
  return (await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas;
}

/** The step fails for this reason, in good time, with the cluster's words; the target is as it was, and nothing is left. */
async function expectNotStarted(
  site: Site,
  inputs: Inputs,
  reasonCode: string,
  words: RegExp,
): Promise<Step> {
  await deploy(site.namespace, 'web');
  const step = await site.run({ ...scale, ...inputs });
  expectStep(step, 'failed', reasonCode);
  expect(step.outputs).toMatchObject({ changed: 'false', message: expect.stringMatching(words) });
  expect(step.milliseconds).toBeLessThan(reasonCode === 'image-pull-failed' ? SECOND_PULL_MS : SOON_MS);
  expect(await replicas(site)).toBe(1);
  await untilNothingLeft(site.namespace);
  return step;
}

async function cordonAll(): Promise<() => Promise<void>> {
  const names = (await list<V1Node>(pathOf('nodes'))).map(({ metadata }) => metadata?.name ?? '');
  const release = async () => void (await Promise.all(names.map(uncordon)));
  onTestFinished(release);
  await Promise.all(names.map(cordon));
  return release;
}

/** The controller has counted what there is by the time that `status` is there. */
async function limit(resource: 'resourcequotas' | 'limitranges', spec: object): Promise<void> {
  const collection = `/api/v1/namespaces/${EXECUTOR_NAMESPACE}/${resource}`;
  const path = `${collection}/none-more`;
  onTestFinished(() => remove(path));
  await create(collection, { metadata: { name: 'none-more' }, spec });
  if (resource === 'resourcequotas')
    await untilObject<V1ResourceQuota>(path, (quota) => quota?.status?.hard !== undefined);
}

describe.skipIf(!isOwnCluster)("an execution's pod", () => {
  test('that a quota has no room for', async ({ site }) => {
    await limit('resourcequotas', { hard: { pods: '0' } });
    await expectNotStarted(site, {}, 'job-not-started', /exceeded quota: none-more/);
  });

  test('that is larger than a LimitRange allows', async ({ site }) => {
    await limit('limitranges', { limits: [{ type: 'Container', max: { memory: '100Mi' } }] });
    await expectNotStarted(site, {}, 'job-not-started', /maximum memory usage per Container is 100Mi/);
  });

  test('that no node takes', async ({ site }) => {
    await deploy(site.namespace, 'web');
    await cordonAll();
    const step = await site.run({ ...scale, 'schedule-timeout': '5s' });
    expectStep(step, 'failed', 'schedule-timeout');
    expect(step.outputs['message']).toMatch(/nodes? (?:are|is) (?:not )?available.*unschedulable/);
    expect(step.outputs['changed']).toBe('false');
    expect(await replicas(site)).toBe(1);
    await untilNothingLeft(site.namespace);
  });

  test('whose image can not be pulled', async ({ site }) => {
    const { data } = await live<V1ConfigMap>(INSTALLATION);
    const missing = 'localhost:1/missing/node:24';
    onTestFinished(() => void patch(INSTALLATION, { data }));
    await patch(INSTALLATION, {
      data: { ...data, image: missing, images: `${data?.['images']} ${missing}` },
    });
    const step = await expectNotStarted(site, {}, 'image-pull-failed', /localhost:1\/missing\/node:24/);
    expect(step.outputs['message']).toContain('connection refused');
  });

  test('whose program was taken away', async ({ site }) => {
    const { data } = await live<V1ConfigMap>(INSTALLATION);
    const program = pathOf('configmaps', EXECUTOR_NAMESPACE, data?.['programs']?.split(' ')[0]);
    const { metadata, ...rest } = await live<V1ConfigMap>(program);
    const { name, labels = {}, annotations = {} } = metadata ?? {};
    await remove(program);
    onTestFinished(
      () =>
        void create(pathOf('configmaps', EXECUTOR_NAMESPACE), {
          ...rest,
          metadata: { name, labels, annotations },
        }),
    );
    const limits = { 'schedule-timeout': '8s' };
    await expectNotStarted(
      site,
      limits,
      'schedule-timeout',
      /FailedMount.*configmap "executor-\w+" not found/,
    );
  });

  test('that an admission policy refuses', async ({ site }) => {
    await forbidPods();
    await expectNotStarted(site, {}, 'job-not-started', /no pods today/);
  });
});

/** Refuses every pod of the executor's namespace but in a dry run. */
async function forbidPods(): Promise<void> {
  const name = 'no-pods';
  const policies = pathOf('validatingadmissionpolicies');
  const bindings = pathOf('validatingadmissionpolicybindings');
  onTestFinished(async () => {
    await remove(`${bindings}/${name}`);
    await remove(`${policies}/${name}`);
  });
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
  const expression = `request.namespace != '${EXECUTOR_NAMESPACE}'`;
  await create(policies, {
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression, message: 'no pods today' }],
    },
  });
  await create(bindings, { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } });
  await untilPoliciesAct(clusterUnderTest().socket);
}

/** Only time can tell that nothing happens in it. */
async function untilPast(moment: Date | undefined, seconds: number): Promise<void> {
  await sleep(new Date(moment ?? 0).getTime() + seconds * 1000 - Date.now());
}

describe.skipIf(!isOwnCluster)("an execution's Job", () => {
  test('that is suspended before it starts is waited for, and its time in the queue does not count', async ({
    site,
  }) => {
    await deploy(site.namespace, 'web');
    const release = await cordonAll();
    const running = site.start({ ...scale, 'schedule-timeout': '8s' });
    const { metadata } = await untilJob(site.namespace);
    const job = pathOf('jobs', EXECUTOR_NAMESPACE, metadata?.name);
    await patch<V1Job>(job, { spec: { suspend: true } });
    await running.untilLine(/waiting for the executor to start: job\/\S+ is suspended/);
    await release();
    await untilPast(metadata?.creationTimestamp, 12);
    await patch<V1Job>(job, { spec: { suspend: false } });
    expectStep(await running.finished, 'succeeded', 'ok');
    expect(await replicas(site)).toBe(2);
  });

  test('whose pod finds a node long after its runner died carries out nothing', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const release = await cordonAll();
    const running = site.start({ ...scale, 'schedule-timeout': '1s' }, { post: false });
    const job = await untilPlanSent(site.namespace);
    running.signal('SIGKILL');
    await running.finished;
    const { creationTimestamp } = (await untilJob(site.namespace)).metadata ?? {};
    await untilPast(creationTimestamp, 18);
    await release();
    const verdict = await untilVerdict(job);
    expect(verdict).toMatchObject({ result: 'refused', reasonCode: 'schedule-timeout' });
    expect(await replicas(site)).toBe(1);
    await untilNothingLeft(site.namespace);
  });
});
