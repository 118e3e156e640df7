import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { ask, pathOf, until } from './harness/cluster.ts';
import { live, podsOfJob, untilJob, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { killContainer } from './harness/nodes.ts';
import type { Site } from './harness/site.ts';
import { isOwnCluster, test } from './harness/test.ts';
import { replicasOf, startVerifying } from './harness/verifying.ts';
import { deploy } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web' };

/** Takes the pod away as a drain does, before it can have sent anything; returns the name of its Job. */
async function evictAtOnce(site: Site): Promise<string> {
  const { metadata } = await untilJob(site.namespace);
  const pod = await until(podsOfJob(metadata?.name), ([first]: readonly V1Pod[]) => first);
  const { name, namespace } = pod.metadata ?? {};
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  expect((await ask('POST', `${pathOf('pods', namespace, name)}/eviction`, eviction)).status).toBe(201);
  return metadata?.name ?? '';
}

describe.concurrent("the executor's pod", () => {
  test('that is deleted undoes its change before it goes', async ({ site }) => {
    const { running, pod } = await startVerifying(site);
    await ask('DELETE', pod);
    const step = await running.finished;
    expectStep(step, 'rolled-back', 'interrupted');
    expect(step.outputs).toMatchObject({ changed: 'false' });
    expect(step.outputs['message']).toMatch(/pod\/\S+ was deleted by somebody else: .*Undone and verified/);
    expect(step.log.shown.join('\n')).not.toContain('not undone');
    expect(await replicasOf(site)).toBe(0);
    await untilNothingLeft(site.namespace);
  });

  test('that is evicted before it has sent anything is made again, by another Job', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const running = site.start({ ...scale, parameters: 'replicas: 2' });
    const job = await evictAtOnce(site);
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['job-name']).not.toBe(job);
    expect(await replicasOf(site)).toBe(2);
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
    expect(await replicasOf(site)).toBe(1);
    await untilNothingLeft(site.namespace);
  });

  test.runIf(isOwnCluster)(
    'that is killed is told as lost, and locks nobody out for long',
    async ({ site }) => {
      const { running, pod } = await startVerifying(site);
      await killContainer(await live<V1Pod>(pod));
      expectStep(await running.finished, 'failed', 'executor-lost');
      expect(await replicasOf(site)).toBe(1);
      const next = await site.run({ ...scale, parameters: 'replicas: 0' });
      expectStep(next, 'succeeded', 'ok');
      expect(await replicasOf(site)).toBe(0);
    },
  );
});
