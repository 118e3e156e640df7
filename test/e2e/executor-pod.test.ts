import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { ask, pathOf, until, untilObject } from './harness/cluster.ts';
import { live, podsOfJob, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { killContainer } from './harness/nodes.ts';
import type { RunningStep } from './harness/run-action.ts';
import { isOwnCluster, test } from './harness/test.ts';
import { jobOf, replicasOf, startVerifying } from './harness/verifying.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web' };

/** Another execution has the lock, so that this one can't send anything however late its pod is taken away. */
const scaleLater = { ...scale, parameters: 'replicas: 2', 'on-locked': 'wait' };

/** Takes the pod away as a drain does; returns the name of its Job. */
async function evict(running: RunningStep): Promise<string> {
  const job = await jobOf(running);
  const pod = await until(podsOfJob(job), ([first]: readonly V1Pod[]) => first);
  const { name, namespace } = pod.metadata ?? {};
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  expect((await ask('POST', `${pathOf('pods', namespace, name)}/eviction`, eviction)).status).toBe(201);
  return job;
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
    const holder = await startVerifying(site);
    const running = site.start(scaleLater);
    const job = await evict(running);
    await running.untilLine(/Trying again as /);
    await holder.finish();
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
    const holder = await startVerifying(site);
    const running = site.start({ ...scaleLater, retries: '0' });
    await evict(running);
    const step = await running.finished;
    expect(step.outputs).toMatchObject({ result: 'failed', changed: 'false' });
    await holder.finish();
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
      // Only the lock of a pod that is finished is taken over, and the kubelet tells that after it has torn the pod down.
      await untilObject<V1Pod>(pod, (seen) => seen === undefined || seen.status?.phase === 'Failed');
      const next = await site.run({ ...scale, parameters: 'replicas: 0' });
      expectStep(next, 'succeeded', 'ok');
      expect(await replicasOf(site)).toBe(0);
    },
  );
});
