import type { V1DaemonSet, V1Deployment, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { create, list, pathOf, remove } from './harness/cluster.ts';
import { live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { test } from './harness/test.ts';
import { deploy, deployDaemonSet, deployStatefulSet } from './harness/workloads.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

/** uids of the pods that are not on their way out. */
async function podsIn(namespace: string): Promise<readonly string[]> {
  const pods = await list<V1Pod>(pathOf('pods', namespace));
  return pods.flatMap(({ metadata }) => (metadata?.deletionTimestamp ? [] : (metadata?.uid ?? [])));
}

describe.concurrent('rollout-restart', () => {
  test('of a Deployment replaces every pod', async ({ site }) => {
    await deploy(site.namespace, 'web', { replicas: 2 });
    const before = await podsIn(site.namespace);
    const step = await site.run({ action: 'rollout-restart', target: 'deployment/web' });
    expectStep(step, 'succeeded', 'ok');
    const after = await podsIn(site.namespace);
    expect(after).toHaveLength(2);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    const { spec, status } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(spec?.template.metadata?.annotations?.[RESTARTED_AT]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(status?.availableReplicas).toBe(2);
  });

  test('of a StatefulSet, by its short name', async ({ site }) => {
    await deployStatefulSet(site.namespace, 'db', 2);
    const before = await podsIn(site.namespace);
    const step = await site.run({ action: 'rollout-restart', target: 'sts/db' });
    expectStep(step, 'succeeded', 'ok');
    const after = await podsIn(site.namespace);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    const { status } = await live<V1StatefulSet>(pathOf('statefulsets', site.namespace, 'db'));
    expect(status?.readyReplicas).toBe(2);
    expect(status?.currentRevision).toBe(status?.updateRevision);
  });

  test('of a StatefulSet with a volume of its own, whose pods are rehearsed with it', async ({
    site,
    onTestFinished,
  }) => {
    const { namespace } = site;
    const name = `${namespace}-data`;
    const capacity = { storage: '1Mi' };
    const [accessModes, storageClassName] = [['ReadWriteOnce'], ''];
    await create(pathOf('persistentvolumes'), {
      metadata: { name },
      spec: {
        accessModes,
        storageClassName,
        capacity,
        persistentVolumeReclaimPolicy: 'Retain',
        claimRef: { namespace, name: 'data-db-0' },
        hostPath: { path: `/tmp/${name}`, type: 'DirectoryOrCreate' },
      },
    });
    onTestFinished(() => remove(pathOf('persistentvolumes', undefined, name)));
    const claim = { accessModes, storageClassName, resources: { requests: capacity } };
    await deployStatefulSet(namespace, 'db', 1, {
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
      spec: { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }] },
    });
    const before = await podsIn(namespace);
    expectStep(await site.run({ action: 'rollout-restart', target: 'sts/db' }), 'succeeded', 'ok');
    const restarted = await podsIn(namespace);
    expect(restarted).not.toEqual(before);
    expectStep(await site.run({ action: 'restart-pod', target: 'pod/db-0' }), 'succeeded', 'ok');
    expect(await podsIn(namespace)).not.toEqual(restarted);
  });

  test('of a DaemonSet replaces the pod of every node', async ({ site }) => {
    await deployDaemonSet(site.namespace, 'agent');
    const before = await podsIn(site.namespace);
    const step = await site.run({ action: 'rollout-restart', target: 'daemonset/agent' });
    expectStep(step, 'succeeded', 'ok');
    const after = await podsIn(site.namespace);
    expect(after).toHaveLength(before.length);
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    const { status } = await live<V1DaemonSet>(pathOf('daemonsets', site.namespace, 'agent'));
    expect(status?.numberAvailable).toBe(status?.desiredNumberScheduled);
  });
});
