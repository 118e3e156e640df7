import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect, inject } from 'vitest';
import { openRecordingProxy } from '../../bench/recording-proxy.ts';
import { pathOf, until } from './harness/cluster.ts';
import { live, podsOfJob, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { kubeconfigOf, type Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { untilPast } from './harness/until-past.ts';
import { jobOf, startVerifying } from './harness/verifying.ts';
import { deploy } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 1' };

/** A Deployment whose new pods never count as available in the time of a test. */
async function deployEndless({ namespace }: Site): Promise<void> {
  await deploy(namespace, 'web', {
    spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
    replicas: 0,
  });
}

async function expectUndone({ namespace }: Site, replicas = 0): Promise<void> {
  await untilNothingLeft(namespace);
  const { spec } = await live<V1Deployment>(pathOf('deployments', namespace, 'web'));
  expect(spec?.replicas).toBe(replicas);
}

/** From the start of the step; room for the start of its pod. */
const TIMEOUT_SECONDS = 60;
/** What a step may take beyond its timeout, where nobody answers it: less than the minute that an undo is waited for. */
const ASKED_SECONDS = 50;

describe.concurrent('a change that does not become true', () => {
  test('within verify-timeout is undone', async ({ site }) => {
    await deployEndless(site);
    const step = await site.run({ ...scale, 'verify-timeout': '3s' });
    expectStep(step, 'rolled-back', 'verify-timeout');
    await expectUndone(site);
  });

  test('within run-timeout is undone, by the Job itself', async ({ site }) => {
    const holder = await startVerifying(site, { 'on-failure': 'keep' });
    const limits = { 'on-locked': 'wait', 'run-timeout': '60s' };
    const running = site.start({ ...scale, parameters: 'replicas: 2', ...limits });
    await running.untilLine(/locked by .*waiting/);
    const pods = podsOfJob(await jobOf(running));
    const startTime = await until(pods, ([pod]: readonly V1Pod[]) => pod?.status?.startTime);
    // Half of it for the lock; the verification, which may take as long, begins that much after the pod, whose deadline
    // the kubelet tells late.
    await untilPast(startTime, 30);
    holder.running.signal('SIGINT');
    const step = await running.finished;
    expectStep(step, 'rolled-back', 'run-timeout');
    await expectUndone(site, 1);
  });

  test('within the whole timeout is undone', async ({ site }) => {
    await deployEndless(site);
    const step = await site.run({ ...scale, timeout: `${TIMEOUT_SECONDS}s` });
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
    const limits = { timeout: `${TIMEOUT_SECONDS}s`, 'verify-timeout': '90s' };
    const { running } = await startVerifying(site, { kubeconfig, ...limits });
    await proxy[Symbol.asyncDispose]();
    const step = await running.finished;
    expectStep(step, 'timed-out', 'timeout');
    expect(step.outputs['changed']).toBe('true');
    expect(step.outputs['message']).toMatch(/the executor could not be asked to stop \(.*127\.0\.0\.1/);
    expect(Number(step.outputs['duration-seconds'])).toBeLessThan(TIMEOUT_SECONDS + ASKED_SECONDS);
    await expectUndone(site);
  });
});
