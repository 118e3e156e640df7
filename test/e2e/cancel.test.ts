import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, inject } from 'vitest';
import { openRecordingProxy } from '../../bench/recording-proxy.ts';
import { patch, pathOf, untilObject } from './harness/cluster.ts';
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

/** An undo may take its whole grace of a minute; main and post ask for the stop and leave. */
const NO_UNDO_MS = 45_000;

/** By SIGINT alone, which must do: how soon the runner's SIGTERM and SIGKILL would come, a machine that pauses can't tell. */
async function cancelled(running: RunningStep): Promise<Step> {
  const begun = performance.now();
  running.signal('SIGINT');
  expect(await running.untilOutput('result')).toBe('cancelled');
  await running.over;
  expect(performance.now() - begun).toBeLessThan(NO_UNDO_MS);
  const step = await running.finished;
  expectStep(step, 'cancelled', 'cancelled');
  expect(step.post?.milliseconds).toBeLessThan(NO_UNDO_MS);
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
    // The result waits for nobody: from now on nothing is answered at all.
    void proxy.hold(() => true);
    const step = await cancelled(running);
    expect(step.outputs['changed']).toBe('false');
    expect(await jobsOf(site.namespace)).toEqual([]);
    expect(await replicas(site)).toBe(1);
  });

  test('while the Job starts leaves the target as it was or as wanted', async ({ site }) => {
    await deploy(site.namespace, 'web', { spec: { progressDeadlineSeconds: 900 } });
    // Till this is taken back, no new pod counts as available: the change is not over before the signal comes.
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { minReadySeconds: 600 } });
    const running = site.start(scale);
    await untilJob(site.namespace);
    await cancelled(running);
    await untilNothingLeft(site.namespace);
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { minReadySeconds: 0 } });
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
