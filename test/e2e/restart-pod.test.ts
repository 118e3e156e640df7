import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { create, list, pathOf, read } from './harness/cluster.ts';
import { live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { test } from './harness/test.ts';
import { deploy, startPod } from './harness/workloads.ts';

async function onlyPod(namespace: string): Promise<{ readonly name: string; readonly uid: string }> {
  const pods = await list<V1Pod>(pathOf('pods', namespace));
  const [pod, ...others] = pods.filter(({ metadata }) => !metadata?.deletionTimestamp);
  expect(others).toEqual([]);
  return { name: pod?.metadata?.name ?? '', uid: pod?.metadata?.uid ?? '' };
}

async function restartedAt(namespace: string): Promise<string | undefined> {
  const { spec } = await live<V1Deployment>(pathOf('deployments', namespace, 'web'));
  return spec?.template.metadata?.annotations?.['kubectl.kubernetes.io/restartedAt'];
}

describe.concurrent('restart-pod', () => {
  test('replaces the pod and nothing else', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const before = await onlyPod(site.namespace);
    const step = await site.run({ action: 'restart-pod', target: `pod/${before.name}` });
    expectStep(step, 'succeeded', 'ok');
    const after = await onlyPod(site.namespace);
    expect(after.uid).not.toBe(before.uid);
    const { status } = await live<V1Pod>(pathOf('pods', site.namespace, after.name));
    expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(await restartedAt(site.namespace)).toBeUndefined();
  });

  test('of a pod that its disruption budget does not let go is refused', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const before = await onlyPod(site.namespace);
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'web' } } };
    await create(pathOf('poddisruptionbudgets', site.namespace), { metadata: { name: 'web' }, spec });
    const step = await site.run({ action: 'restart-pod', target: `pod/${before.name}` });
    expectStep(step, 'refused', 'disruption-budget');
    expect(step.outputs['message']).toContain('poddisruptionbudget/web');
    expect((await onlyPod(site.namespace)).uid).toBe(before.uid);
    const forced = await site.run({ action: 'restart-pod', target: `pod/${before.name}`, force: 'true' });
    expectStep(forced, 'succeeded', 'ok');
    expect((await onlyPod(site.namespace)).uid).not.toBe(before.uid);
  });

  test('of a Deployment is its rolling restart, and says so', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const before = await onlyPod(site.namespace);
    const step = await site.run({ action: 'restart-pod', target: 'deployment/web' });
    expectStep(step, 'succeeded', 'ok');
    expect((await onlyPod(site.namespace)).uid).not.toBe(before.uid);
    expect(await restartedAt(site.namespace)).toBeDefined();
    expect(step.log.shown.join('\n')).toContain('rolling restart');
  });

  test('of a pod that is gone restarts the Deployment it belonged to, and says so', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const before = await onlyPod(site.namespace);
    const gone = before.name.replace(/.{5}$/, 'zzzzz');
    const step = await site.run({ action: 'restart-pod', target: gone });
    expectStep(step, 'succeeded', 'ok');
    expect((await onlyPod(site.namespace)).uid).not.toBe(before.uid);
    expect(await restartedAt(site.namespace)).toBeDefined();
    expect(step.log.shown.join('\n')).toContain(`pod/${gone} does not exist`);
  });

  test('of a pod that nothing would recreate is refused', async ({ site }) => {
    const pod = await startPod(site.namespace, 'alone');
    const step = await site.run({ action: 'restart-pod', target: 'pod/alone' });
    expectStep(step, 'refused', 'target-unsuitable');
    const after = await read<V1Pod>(pathOf('pods', site.namespace, 'alone'));
    expect(after?.metadata?.uid).toBe(pod.metadata?.uid);
    expect(after?.metadata?.deletionTimestamp).toBeUndefined();
  });

  test('of a pod that never was is refused', async ({ site }) => {
    const step = await site.run({ action: 'restart-pod', target: 'pod/nobody-knows-it' });
    expectStep(step, 'refused', 'target-not-found');
  });
});
