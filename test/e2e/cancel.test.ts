import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, inject } from 'vitest';
import { openRecordingProxy } from '../../bench/recording-proxy.ts';
import { pathOf, untilObject } from './harness/cluster.ts';
import { jobsOf, live, untilJob, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import type { RunningStep, Step } from './harness/run-action.ts';
import { kubeconfigOf, type Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };

async function replicas({ namespace }: Site): Promise<number | undefined> {
  return (await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas;
}

/** An undo may take its whole grace of a minute; post asks for the stop and leaves. */
const POST_LIMIT_MS = 15_000;

/** The runner's SIGTERM comes 7.5 s after its SIGINT. */
const SIGTERM_MS = 7_500;

/** Cancels as the runner does; the result must be written before that presses, and post must not wait for an undo. */
async function cancelled(running: RunningStep): Promise<Step> {
  const started = Date.now();
  const over = running.cancel();
  const { value, atMs } = await running.untilOutput('result');
  expect(value).toBe('cancelled');
  expect(atMs - started).toBeLessThan(SIGTERM_MS);
  await over;
  const step = await running.finished;
  expectStep(step, 'cancelled', 'cancelled');
  expect(step.post?.milliseconds).toBeLessThan(POST_LIMIT_MS);
  return step;
}

describe.concurrent('a cancelled workflow', () => {
  test('before the Job has changed nothing', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const { server, certificateAuthority } = inject('cluster');
    await using proxy = await openRecordingProxy({ server, certificateAuthority });
    const rehearsed = proxy.hold(
      ({ method, path }) => method === 'POST' && /\/jobs\?.*dryRun=All/.test(path),
    );
    const running = site.start({
      ...scale,
      kubeconfig: kubeconfigOf(site.namespace, site.token, proxy.address),
    });
    await rehearsed;
    const step = await cancelled(running);
    expect(step.outputs['changed']).toBe('false');
    expect(await jobsOf(site.namespace)).toEqual([]);
    expect(await replicas(site)).toBe(1);
  });

  test('while the Job starts leaves the target as it was or as wanted', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const running = site.start(scale);
    await untilJob(site.namespace);
    await cancelled(running);
    await untilNothingLeft(site.namespace);
    await untilAvailable(site.namespace, 'web', (await replicas(site)) === 2 ? 2 : 1);
  });

  test('during the verification is undone, and nothing is left', async ({ site }) => {
    await deploy(site.namespace, 'web', {
      spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
      replicas: 0,
    });
    const running = site.start({ ...scale, parameters: 'replicas: 1' });
    const path = pathOf('deployments', site.namespace, 'web');
    await untilObject<V1Deployment>(path, (deployment) => deployment?.spec?.replicas === 1);
    await cancelled(running);
    await untilNothingLeft(site.namespace);
    expect(await replicas(site)).toBe(0);
  });

  test('by SIGTERM alone, as self-hosted runners shut down, ends the same way', async ({ site }) => {
    await deploy(site.namespace, 'web', {
      spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
      replicas: 0,
    });
    const running = site.start({ ...scale, parameters: 'replicas: 1' });
    const path = pathOf('deployments', site.namespace, 'web');
    await untilObject<V1Deployment>(path, (deployment) => deployment?.spec?.replicas === 1);
    running.signal('SIGTERM');
    expectStep(await running.finished, 'cancelled', 'cancelled');
    await untilNothingLeft(site.namespace);
    expect(await replicas(site)).toBe(0);
  });
});
