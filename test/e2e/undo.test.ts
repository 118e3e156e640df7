import type { V1Deployment, V1ReplicaSet } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { list, pathOf } from './harness/cluster.ts';
import { live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { removeImage, tagImage } from './harness/nodes.ts';
import { isOwnCluster, test } from './harness/test.ts';
import { deploy, deployOnEveryNode, untilAvailable } from './harness/workloads.ts';

/** Refuses connections at once, where a real registry would be asked for long. */
const NO_REGISTRY = 'localhost:1';

/** Name of the only ReplicaSet that has pods. */
async function activeReplicaSet(namespace: string): Promise<string | undefined> {
  const sets = await list<V1ReplicaSet>(pathOf('replicasets', namespace));
  const active = sets.filter(({ status }) => (status?.replicas ?? 0) > 0);
  expect(active).toHaveLength(1);
  return active[0]?.metadata?.name;
}

describe.concurrent('undo', () => {
  test.runIf(isOwnCluster)('of a rollout whose image is gone', async ({ site }) => {
    const image = `${NO_REGISTRY}/app:${site.namespace}`;
    await tagImage(image);
    await deploy(site.namespace, 'web', { image, replicas: 2 });
    const before = await activeReplicaSet(site.namespace);
    await removeImage(image);
    const step = await site.run({ action: 'rollout-restart', target: 'deployment/web' });
    expectStep(step, 'rolled-back', 'image-pull-failed');
    expect(step.outputs['message']).toContain(image);
    expect(step.outputs['changed']).toBe('false');
    await untilAvailable(site.namespace, 'web', 2);
    expect(await activeReplicaSet(site.namespace)).toBe(before);
    const { spec } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(spec?.template.metadata?.annotations ?? {}).toEqual({});
    await untilNothingLeft(site.namespace);
  });

  test('is not done where the inputs say keep', async ({ site }) => {
    const room = await deployOnEveryNode(site.namespace, 'web');
    const step = await site.run({
      action: 'scale-deployment',
      target: 'deployment/web',
      parameters: 'replicas-increment: 1',
      'verify-timeout': '60s',
      'on-failure': 'keep',
    });
    expectStep(step, 'timed-out', 'unschedulable');
    expect(step.outputs['changed']).toBe('true');
    const { spec } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(spec?.replicas).toBe(room + 1);
  });
});
