import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, inject } from 'vitest';
import { openRecordingProxy } from '../../bench/recording-proxy.ts';
import { pathOf } from './harness/cluster.ts';
import { live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { kubeconfigOf, type Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { startVerifying } from './harness/verifying.ts';
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

/** What a step may take beyond its timeout, where nobody answers it. */
const ASKED_SECONDS = 10;

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

  test('within the whole timeout, with no way to the API server, is undone as the executor sees it', async ({
    site,
  }) => {
    const { server, certificateAuthority } = inject('cluster');
    const proxy = await openRecordingProxy({ server, certificateAuthority });
    const kubeconfig = kubeconfigOf(site.namespace, site.token, proxy.address);
    const limits = { timeout: '25s', 'verify-timeout': '30s' };
    const { running } = await startVerifying(site, { kubeconfig, ...limits });
    await proxy[Symbol.asyncDispose]();
    const step = await running.finished;
    expectStep(step, 'timed-out', 'timeout');
    expect(step.outputs['changed']).toBe('true');
    expect(step.outputs['message']).toMatch(/the executor could not be asked to stop \(.*127\.0\.0\.1/);
    expect(Number(step.outputs['duration-seconds'])).toBeLessThan(25 + ASKED_SECONDS);
    await expectUndone(site);
  });
});
