import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { ask, list, pathOf, untilObject } from './harness/cluster.ts';
import { live, untilNothingLeft } from './harness/executions.ts';
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
