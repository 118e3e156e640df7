import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { list, patch, pathOf } from './harness/cluster.ts';
import { jobsOf, live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import type { Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };
const restart = { action: 'rollout-restart', target: 'deployment/web' };

/** uid and resourceVersion of whatever the actions could have touched. */
async function versionsIn({ namespace }: Site): Promise<readonly string[]> {
  const collections = ['deployments', 'replicasets', 'pods'] as const;
  const objects = await Promise.all(collections.map((resource) => list<V1Pod>(pathOf(resource, namespace))));
  return objects
    .flat()
    .map(({ metadata }) => `${metadata?.name} ${metadata?.uid} ${metadata?.resourceVersion}`);
}

/** When the last kubelet has reported its last pod, nothing moves any more by itself. */
async function deploySettled(site: Site): Promise<string> {
  await deploy(site.namespace, 'web');
  const [pod] = await list<V1Pod>(pathOf('pods', site.namespace));
  return pod?.metadata?.name ?? '';
}

describe.concurrent('mode plan', () => {
  test('of a patch of a subresource changes nothing', async ({ site }) => {
    await deploySettled(site);
    const before = await versionsIn(site);
    const step = await site.run({ ...scale, mode: 'plan' });
    expectStep(step, 'planned', 'planned');
    expect(await versionsIn(site)).toEqual(before);
    expect(await jobsOf(site.namespace)).toEqual([]);
    expect(step.outputs).toMatchObject({ changed: 'true', 'job-name': '' });
    expect(step.outputs['plan-hash']).toMatch(/^[\w:]{32,}$/);
  });

  test('of a patch changes nothing', async ({ site }) => {
    await deploySettled(site);
    const before = await versionsIn(site);
    expectStep(await site.run({ ...restart, mode: 'plan' }), 'planned', 'planned');
    expect(await versionsIn(site)).toEqual(before);
  });

  test('of a delete changes nothing', async ({ site }) => {
    const pod = await deploySettled(site);
    const before = await versionsIn(site);
    const step = await site.run({ action: 'restart-pod', target: `pod/${pod}`, mode: 'plan' });
    expectStep(step, 'planned', 'planned');
    expect(await versionsIn(site)).toEqual(before);
  });

  test('shows the change in the summary', async ({ site }) => {
    await deploySettled(site);
    const step = await site.run({ ...scale, mode: 'plan' });
    expect(step.summary).toContain('from 1 to 2 replicas');
    expect(step.summary).toContain(step.outputs['plan-hash']);
  });

  test('needs no right to execute', async ({ site }) => {
    await deploySettled(site);
    await site.demoteToPlan('scale-deployment');
    expectStep(await site.run({ ...scale, mode: 'plan' }), 'planned', 'planned');
  });
});

describe.concurrent('mode apply', () => {
  test('runs what was planned', async ({ site }) => {
    await deploySettled(site);
    const { outputs } = await site.run({ ...scale, mode: 'plan' });
    const step = await site.run({ ...scale, mode: 'apply', 'plan-hash': outputs['plan-hash'] ?? '' });
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['plan-hash']).toBe(outputs['plan-hash']);
    await untilAvailable(site.namespace, 'web', 2);
  });

  test('of a restart holds although its time is another', async ({ site }) => {
    await deploySettled(site);
    const { outputs } = await site.run({ ...restart, mode: 'plan' });
    const step = await site.run({ ...restart, mode: 'apply', 'plan-hash': outputs['plan-hash'] ?? '' });
    expectStep(step, 'succeeded', 'ok');
  });

  test('refuses what has changed since', async ({ site }) => {
    await deploySettled(site);
    const { outputs } = await site.run({ ...scale, mode: 'plan' });
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { replicas: 3 } });
    const step = await site.run({ ...scale, mode: 'apply', 'plan-hash': outputs['plan-hash'] ?? '' });
    expectStep(step, 'refused', 'plan-changed');
    expect(step.outputs['message']).toContain('from 3 to 2');
    const { spec } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(spec?.replicas).toBe(3);
    expect(await jobsOf(site.namespace)).toEqual([]);
  });
});
