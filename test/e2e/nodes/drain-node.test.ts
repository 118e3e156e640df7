/** drain-node on a cluster whose nodes nobody else needs. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Node, V1Pod, V1PodDisruptionBudget } from '@kubernetes/client-node';
import { describe, expect, inject } from 'vitest';
import { create, list, patch, pathOf, until, untilObject } from '../harness/cluster.ts';
import { live } from '../harness/executions.ts';
import { expectStep } from '../harness/expect-step.ts';
import { EXECUTOR_NAMESPACE } from '../harness/site.ts';
import { isOwnCluster } from '../harness/test.ts';
import { BUSYBOX, deploy, deployDaemonSet, startPod, untilAvailable } from '../harness/workloads.ts';
import { cordon, type NodeSite, test } from './node-site.ts';

const PODS_ON = (node: string) => `fieldSelector=spec.nodeName%3D${node}`;

async function namesOn(namespace: string, node: string): Promise<readonly string[]> {
  const pods = await list<V1Pod>(pathOf('pods', namespace), PODS_ON(node));
  return pods.map(({ metadata }) => metadata?.name ?? '').toSorted();
}

async function isCordoned(node: string): Promise<boolean> {
  return (await live<V1Node>(pathOf('nodes', undefined, node))).spec?.unschedulable === true;
}

/** Resolves when its controller has counted so many healthy pods. */
async function budget(namespace: string, spec: object, healthy: number): Promise<void> {
  const path = pathOf('poddisruptionbudgets', namespace);
  await create(path, { metadata: { name: 'careful' }, spec });
  await untilObject<V1PodDisruptionBudget>(`${path}/careful`, (object) => {
    const isSeen = object?.status?.observedGeneration === object?.metadata?.generation;
    return isSeen && object?.status?.currentHealthy === healthy;
  });
}

/** A Deployment on the node whose budget lets none of it go while another one has no pod that runs. */
async function block(on: NodeSite, node: string): Promise<{ free(): Promise<void> }> {
  const { namespace } = on;
  await on.deployOn(node, 'web');
  await deploy(namespace, 'spare', { replicas: 0, podSpec: { nodeSelector: { none: 'none' } } });
  const spare = pathOf('deployments', namespace, 'spare');
  await patch(spare, { spec: { replicas: 1 } });
  await until<V1Pod, true>({ path: pathOf('pods', namespace) }, (pods) => pods.length === 2);
  const selector = { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'spare'] }] };
  await budget(namespace, { minAvailable: 1, selector }, 1);
  return {
    free: async () => {
      await patch(spare, { spec: { template: { spec: { nodeSelector: null } } } });
    },
  };
}

describe.skipIf(!isOwnCluster)('drain-node', () => {
  test('moves the pods elsewhere, leaves those of DaemonSets, and never runs on the node', async ({ on }) => {
    const [node, ...others] = on.nodes;
    await on.deployOn(node, 'web', { replicas: 3 });
    await deployDaemonSet(on.namespace, 'agent');
    // The scheduler would take this node first of all.
    await Promise.all(others.map((other) => dislike(other, true)));
    const running = on.run({ action: 'drain-node', target: `node/${node}` });
    const [ended] = await Promise.allSettled([running]);
    await Promise.all(others.map((other) => dislike(other, false)));
    if (ended.status === 'rejected') throw ended.reason;
    const step = ended.value;
    expectStep(step, 'succeeded', 'ok');
    expect(await isCordoned(node)).toBe(true);
    expect(await namesOn(on.namespace, node)).toEqual([expect.stringMatching(/^agent-/)]);
    expect(step.log.shown.join('\n')).toMatch(/Left on the node, being of DaemonSets: .*agent-/);
    await untilAvailable(on.namespace, 'web', 3);
    const job = `batch.kubernetes.io%2Fjob-name%3D${step.outputs['job-name']}`;
    const [executor] = await list<V1Pod>(pathOf('pods', EXECUTOR_NAMESPACE), `labelSelector=${job}`);
    expect(others).toContain(executor?.spec?.nodeName);
  });

  test('is undone by mode rollback but for the pods, and says so', async ({ on }) => {
    const [node] = on.nodes;
    await on.deployOn(node, 'web');
    const drain = { action: 'drain-node', target: node };
    const step = await on.run(drain);
    expectStep(step, 'succeeded', 'ok');
    // A pod that is scheduled only after the undo may well come back.
    await untilAvailable(on.namespace, 'web', 1);
    const undone = await on.run({
      ...drain,
      mode: 'rollback',
      'execution-id': step.outputs['execution-id'] ?? '',
    });
    expectStep(undone, 'succeeded', 'ok');
    expect(await isCordoned(node)).toBe(false);
    expect(await namesOn(on.namespace, node)).toEqual([]);
    expect(undone.outputs['message']).toContain('evicted pods stay');
  });

  test('in mode plan evicts nothing', async ({ on }) => {
    const [node] = on.nodes;
    await on.deployOn(node, 'web', { replicas: 2 });
    const uids = async () =>
      (await list<V1Pod>(pathOf('pods', on.namespace))).map(({ metadata }) => [
        metadata?.uid,
        metadata?.deletionTimestamp,
      ]);
    const before = await uids();
    expectStep(await on.run({ action: 'drain-node', target: node, mode: 'plan' }), 'planned', 'planned');
    expect(await uids()).toEqual(before);
    expect(await isCordoned(node)).toBe(false);
  });

  test('waits for a budget that blocks until it frees; no second drain goes on meanwhile', async ({ on }) => {
    const [node, second] = on.nodes;
    const { free } = await block(on, node);
    const running = on.start({ action: 'drain-node', target: node });
    const line = await running.untilLine(/waiting: evict pod\/web-/);
    expect(line).toContain('disruption budget careful needs 1 healthy pods and has 1 currently');
    expect(await namesOn(on.namespace, node)).toHaveLength(1);
    expectStep(await on.run({ action: 'drain-node', target: second }), 'refused', 'locked');
    expect(await isCordoned(second)).toBe(false);
    await free();
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(await namesOn(on.namespace, node)).toEqual([]);
    expect(step.log.shown.join('\n')).toContain('lets go of 0 of 1 pods now');
  });

  test('that a budget holds up for too long is undone, and the budget is named', async ({ on }) => {
    const [node] = on.nodes;
    await block(on, node);
    const step = await on.run({ action: 'drain-node', target: node, 'verify-timeout': '6s' });
    expectStep(step, 'rolled-back', 'disruption-budget');
    expect(step.outputs['message']).toMatch(/evict pod\/web-.*disruption budget careful/);
    expect(await isCordoned(node)).toBe(false);
    expect(await namesOn(on.namespace, node)).toHaveLength(1);
  });

  test('is refused at once by a budget that can never be met', async ({ on }) => {
    const [node] = on.nodes;
    await on.deployOn(node, 'web', { replicas: 2 });
    await budget(on.namespace, { minAvailable: 2, selector: { matchLabels: { app: 'web' } } }, 2);
    const step = await on.run({ action: 'drain-node', target: node });
    expectStep(step, 'refused', 'disruption-budget');
    expect(step.outputs['message']).toContain(
      `poddisruptionbudget/careful in ${on.namespace} (minAvailable 2)`,
    );
    expect(step.outputs['job-name']).toBe('');
    expect(await isCordoned(node)).toBe(false);
  });

  test('refuses pods that would be lost or lose data, all at once, and goes on where it may', async ({
    on,
  }) => {
    const [node, ...others] = on.nodes;
    await on.deployOn(node, 'web', { podSpec: { volumes: [{ name: 'cache', emptyDir: {} }] } });
    await Promise.all(others.map(cordon));
    await startPod(on.namespace, 'lonely');
    const [web = ''] = (await namesOn(on.namespace, node)).filter((name) => name.startsWith('web-'));
    const drain = { action: 'drain-node', target: node };
    const refused = await on.run(drain);
    expectStep(refused, 'refused', 'target-unsuitable');
    for (const text of [`${on.namespace}/lonely`, `${on.namespace}/${web}`, 'delete-local-data', 'force']) {
      expect(refused.outputs['message']).toContain(text);
    }
    expect(await namesOn(on.namespace, node)).toHaveLength(2);
    await Promise.all(
      others.map((other) => patch(pathOf('nodes', undefined, other), { spec: { unschedulable: null } })),
    );
    const step = await on.run({ ...drain, parameters: 'delete-local-data: true', force: 'true' });
    expectStep(step, 'succeeded', 'ok');
    expect(await namesOn(on.namespace, node)).toEqual([]);
  });

  test('leaves static pods of the kubelet', async ({ on }) => {
    const [node] = on.nodes;
    const name = `static-${on.namespace}`;
    const file = join(inject('cluster').run, `${node}-files`, 'static', `${name}.json`);
    writeFileSync(file, JSON.stringify(staticPod(name)));
    try {
      const path = pathOf('pods', 'default', `${name}-${node}`);
      await untilObject<V1Pod>(path, (pod) => pod?.status?.phase === 'Running');
      const step = await on.run({ action: 'drain-node', target: node });
      expectStep(step, 'succeeded', 'ok');
      expect(step.log.shown.join('\n')).toContain(`static pods of its kubelet: default/${name}-${node}`);
      expect((await live<V1Pod>(path)).metadata?.deletionTimestamp).toBeUndefined();
    } finally {
      rmSync(file);
    }
  });
});

/** In the kubelet's own folder. */
function staticPod(name: string): object {
  const container = {
    name: 'app',
    image: BUSYBOX,
    imagePullPolicy: 'IfNotPresent',
    command: ['sleep', '2147483647'],
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { terminationGracePeriodSeconds: 1, containers: [container] },
  };
}

async function dislike(node: string, isOn: boolean): Promise<void> {
  const taint = { key: 'example.com/second-choice', effect: 'PreferNoSchedule' };
  await patch(pathOf('nodes', undefined, node), { spec: { taints: isOn ? [taint] : null } });
}
