import type { V1Deployment, V1Job } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { pathOf } from './harness/cluster.ts';
import { jobsOf, live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { EXECUTOR_NAMESPACE, type Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { deploy, deployOnEveryNode } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web' };

async function liveReplicas(site: Site) {
  const { spec, status } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
  return { wanted: spec?.replicas, available: status?.availableReplicas ?? 0 };
}

describe.concurrent('scale-deployment', () => {
  test('brings up as many available pods as asked, in a Job under its own ServiceAccount', async ({
    site,
  }) => {
    await deploy(site.namespace, 'web');
    const step = await site.run({ ...scale, parameters: 'replicas: 3' });
    expectStep(step, 'succeeded', 'ok');
    expect(await liveReplicas(site)).toEqual({ wanted: 3, available: 3 });
    expect(step.outputs).toMatchObject({ changed: 'true', 'logs-complete': 'true', 'exit-code': '0' });
    const { 'job-name': name, 'job-namespace': namespace } = step.outputs;
    expect(namespace).toBe(EXECUTOR_NAMESPACE);
    const job = await live<V1Job>(pathOf('jobs', namespace, name));
    expect(job.spec?.template.spec?.serviceAccountName).toBe('action-scale-deployment');
    await untilNothingLeft(site.namespace);
  });

  test('goes down by a negative increment', async ({ site }) => {
    await deploy(site.namespace, 'web', { replicas: 2 });
    const step = await site.run({ ...scale, parameters: 'replicas_increment: -1' });
    expectStep(step, 'succeeded', 'ok');
    expect(await liveReplicas(site)).toEqual({ wanted: 1, available: 1 });
  });

  test('to zero, and up again by an increase', async ({ site }) => {
    await deploy(site.namespace, 'web');
    expectStep(await site.run({ ...scale, parameters: 'replicas: 0' }), 'succeeded', 'ok');
    expect(await liveReplicas(site)).toEqual({ wanted: 0, available: 0 });
    expectStep(await site.run({ ...scale, parameters: 'replicas_increase: 1' }), 'succeeded', 'ok');
    expect(await liveReplicas(site)).toEqual({ wanted: 1, available: 1 });
  });

  test('to what it is needs no Job', async ({ site }) => {
    const before = await deploy(site.namespace, 'web');
    const step = await site.run({ ...scale, parameters: 'replicas: 1' });
    expectStep(step, 'succeeded', 'no-change');
    expect(step.outputs).toMatchObject({ changed: 'false', 'job-name': '' });
    expect(await jobsOf(site.namespace)).toEqual([]);
    const after = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
  });

  test('below zero is refused', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const step = await site.run({ ...scale, parameters: 'replicas-increment: -2' });
    expectStep(step, 'refused', 'target-unsuitable');
    expect(step.outputs['message']).toContain('-1');
    expect(await liveReplicas(site)).toEqual({ wanted: 1, available: 1 });
    expect(await jobsOf(site.namespace)).toEqual([]);
  });

  test('of a Deployment that is not there is refused', async ({ site }) => {
    const step = await site.run({ ...scale, parameters: 'replicas: 2' });
    expectStep(step, 'refused', 'target-not-found');
    expect(step.outputs['message']).toContain('deployment/web');
  });

  test('to more than can be scheduled is undone, and the scheduler is quoted', async ({ site }) => {
    const room = await deployOnEveryNode(site.namespace, 'web');
    const step = await site.run({ ...scale, parameters: 'replicas-increment: 1', 'verify-timeout': '60s' });
    expectStep(step, 'rolled-back', 'unschedulable');
    expect(step.outputs['message']).toContain('anti-affinity');
    expect(await liveReplicas(site)).toEqual({ wanted: room, available: room });
    await untilNothingLeft(site.namespace);
  });
});
