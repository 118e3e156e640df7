import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { ask, list, pathOf, until, untilObject } from './harness/cluster.ts';
import { live, untilJob, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { killContainer } from './harness/nodes.ts';
import type { RunningStep } from './harness/run-action.ts';
import { EXECUTOR_NAMESPACE, type Site } from './harness/site.ts';
import { isOwnCluster, test } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web' };

/** An execution in the midst of its verification, and the path of its pod. */
async function startVerifying(site: Site): Promise<{ readonly running: RunningStep; readonly pod: string }> {
  await deploy(site.namespace, 'web', {
    spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
    replicas: 0,
  });
  const running = site.start({ ...scale, parameters: 'replicas: 1' });
  const path = pathOf('deployments', site.namespace, 'web');
  await untilObject<V1Deployment>(path, (deployment) => deployment?.spec?.replicas === 1);
  const line = await running.untilLine(/^job\/\S+ created/);
  const job = /^job\/(\S+)/.exec(line)?.[1] ?? '';
  const query = `labelSelector=batch.kubernetes.io/job-name%3D${job}`;
  const [pod] = await list<V1Pod>(pathOf('pods', EXECUTOR_NAMESPACE), query);
  return { running, pod: pathOf('pods', EXECUTOR_NAMESPACE, pod?.metadata?.name) };
}

async function replicas({ namespace }: Site): Promise<number | undefined> {
  return (await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas;
}

/** Takes the pod away as a drain does, before it can have sent anything; returns the name of its Job. */
async function evictAtOnce(site: Site): Promise<string> {
  const { metadata } = await untilJob(site.namespace);
  const query = `labelSelector=batch.kubernetes.io/job-name%3D${metadata?.name}`;
  const pods = { path: pathOf('pods', EXECUTOR_NAMESPACE), query };
  const pod = await until(pods, ([first]: readonly V1Pod[]) => first);
  const { name, namespace } = pod.metadata ?? {};
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  expect((await ask('POST', `${pathOf('pods', namespace, name)}/eviction`, eviction)).status).toBe(201);
  return metadata?.name ?? '';
}

describe.concurrent("the executor's pod", () => {
  test('that is evicted undoes its change before it goes', async ({ site }) => {
    const { running, pod } = await startVerifying(site);
    await ask('DELETE', pod);
    const step = await running.finished;
    expectStep(step, 'rolled-back', 'interrupted');
    expect(step.outputs).toMatchObject({ changed: 'false' });
    expect(step.outputs['message']).toContain('Undone and verified');
    expect(step.log.shown.join('\n')).not.toContain('not undone');
    expect(await replicas(site)).toBe(0);
    await untilNothingLeft(site.namespace);
  });

  test('that is evicted before it has sent anything is made again, by another Job', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const running = site.start({ ...scale, parameters: 'replicas: 2' });
    const job = await evictAtOnce(site);
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['job-name']).not.toBe(job);
    expect(await replicas(site)).toBe(2);
    const { status } = JSON.parse(step.outputs['report'] ?? '') as {
      status: { executionResults: object; retryInfo: object };
    };
    expect(status.executionResults).toMatchObject({ retriesAttempted: 1 });
    expect(status.retryInfo).toMatchObject({
      attemptCount: 2,
      retryHistory: [{ jobName: job, disruption: expect.stringContaining('EvictionByEvictionAPI') }],
    });
    expect(step.summary).toContain('Earlier attempts');
    await untilNothingLeft(site.namespace);
  });

  test('that is evicted so is told as lost where there are no retries', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const running = site.start({ ...scale, parameters: 'replicas: 2', retries: '0' });
    await evictAtOnce(site);
    const step = await running.finished;
    expect(step.outputs).toMatchObject({ result: 'failed', changed: 'false' });
    expect(await replicas(site)).toBe(1);
    await untilNothingLeft(site.namespace);
  });

  test.runIf(isOwnCluster)(
    'that is killed is told as lost, and locks nobody out for long',
    async ({ site }) => {
      const { running, pod } = await startVerifying(site);
      await killContainer(await live<V1Pod>(pod));
      expectStep(await running.finished, 'failed', 'executor-lost');
      expect(await replicas(site)).toBe(1);
      const next = await site.run({ ...scale, parameters: 'replicas: 0' });
      expectStep(next, 'succeeded', 'ok');
      expect(await replicas(site)).toBe(0);
    },
  );
});
