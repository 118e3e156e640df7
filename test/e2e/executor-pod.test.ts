import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { ask } from './harness/cluster.ts';
import { live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { killContainer } from './harness/nodes.ts';
import { isOwnCluster, test } from './harness/test.ts';
import { replicasOf, startVerifying } from './harness/verifying.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web' };

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
