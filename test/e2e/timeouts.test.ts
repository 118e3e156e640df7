import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { pathOf } from './harness/cluster.ts';
import { live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import type { Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 1' };

/** A Deployment whose new pods never count as available in the time of a test. */
async function deployEndless({ namespace }: Site): Promise<void> {
  await deploy(namespace, 'web', {
    spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
    replicas: 0,
  });
}

async function expectUndone({ namespace }: Site): Promise<void> {
  await untilNothingLeft(namespace);
  const { spec } = await live<V1Deployment>(pathOf('deployments', namespace, 'web'));
  expect(spec?.replicas).toBe(0);
}

describe.concurrent('a change that does not become true', () => {
  test('within verify-timeout is undone', async ({ site }) => {
    await deployEndless(site);
    const step = await site.run({ ...scale, 'verify-timeout': '3s' });
    expectStep(step, 'rolled-back', 'verify-timeout');
    await expectUndone(site);
  });

  test('within run-timeout is undone, by the Job itself', async ({ site }) => {
    await deployEndless(site);
    const step = await site.run({ ...scale, 'run-timeout': '15s' });
    expectStep(step, 'rolled-back', 'run-timeout');
    await expectUndone(site);
  });

  test('within the whole timeout is undone', async ({ site }) => {
    await deployEndless(site);
    const step = await site.run({ ...scale, timeout: '25s' });
    expectStep(step, 'timed-out', 'timeout');
    expect(step.outputs).toMatchObject({ changed: 'false' });
    expect(step.outputs['message']).toContain('Undone and verified');
    await expectUndone(site);
  });
});
