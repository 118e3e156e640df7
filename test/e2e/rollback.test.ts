import type { V1ConfigMap, V1Deployment } from '@kubernetes/client-node';
import { beforeAll, describe, expect } from 'vitest';
import { patch, pathOf, read, remove } from './harness/cluster.ts';
import { live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { allowKinds, configMap, manifestOf } from './harness/manifests.ts';
import { testWith } from './harness/test.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

const test = testWith(['scale-deployment', 'apply-manifest']);
beforeAll(() => allowKinds());

const scale = { action: 'scale-deployment', target: 'deployment/web' };

describe.concurrent('mode rollback', () => {
  test('undoes an earlier execution', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const done = await site.run({ ...scale, parameters: 'replicas: 2' });
    expectStep(done, 'succeeded', 'ok');
    const undo = { ...scale, mode: 'rollback', 'execution-id': done.outputs['execution-id'] ?? '' };
    expectStep(await site.run(undo), 'succeeded', 'ok');
    await untilAvailable(site.namespace, 'web', 1);
  });

  test('touches nothing that somebody has changed since', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const done = await site.run({ ...scale, parameters: 'replicas: 2' });
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { replicas: 3 } });
    const undo = { ...scale, mode: 'rollback', 'execution-id': done.outputs['execution-id'] ?? '' };
    const step = await site.run(undo);
    expect(step.outputs['reason-code'], step.log.shown.join('\n')).toBe('rollback-conflict');
    expect(step.exitCode).toBe(1);
    const { spec } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(spec?.replicas).toBe(3);
  });

  test('of an execution that nobody knows is refused', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const undo = { ...scale, mode: 'rollback', 'execution-id': 'scale-deployment-0000000000' };
    expectStep(await site.run(undo), 'refused', 'rollback-expired');
  });

  test('is of the target that is named, and does with its lock what its own inputs say', async ({ site }) => {
    await deploy(site.namespace, 'web', { spec: { progressDeadlineSeconds: 900 } });
    const step = await site.run({ ...scale, parameters: 'replicas: 2' });
    expectStep(step, 'succeeded', 'ok');
    const undo = { ...scale, mode: 'rollback', 'execution-id': step.outputs['execution-id'] ?? '' };
    const other = await site.run({ ...undo, target: 'deployment/other' });
    expectStep(other, 'refused', 'target-unsuitable');
    expect(other.outputs['message']).toContain(`${site.namespace}/deployment/web`);
    // Till this is taken back, no new pod counts as available.
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { minReadySeconds: 600 } });
    const later = site.start({ ...scale, parameters: 'replicas: 3' });
    await later.untilLine(/set replicas .* applied/);
    expectStep(await site.run(undo), 'refused', 'locked');
    const waiting = site.start({ ...undo, 'on-locked': 'wait' });
    await waiting.untilLine(/locked by .*waiting/);
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { minReadySeconds: 0 } });
    expectStep(await later.finished, 'succeeded', 'ok');
    const conflict = await waiting.finished;
    expectStep(conflict, 'refused', 'rollback-conflict');
    expect(conflict.outputs['message']).toMatch(/replicas is 3 now/);
    await untilAvailable(site.namespace, 'web', 3);
    await untilNothingLeft(site.namespace);
  });

  test('deletes nothing that others have changed since it was created', async ({ site }) => {
    const [settings, other] = ['settings', 'other'].map((name) => pathOf('configmaps', site.namespace, name));
    if (settings === undefined || other === undefined) throw new Error('two paths');
    const manifest = ['settings', 'other'].map((name) => configMap(name, { color: 'red' }));
    const apply = { action: 'apply-manifest', parameters: manifestOf(...manifest) };
    const step = await site.run(apply);
    expectStep(step, 'succeeded', 'ok');
    const id = step.outputs['execution-id'] ?? '';
    const undo = { action: 'apply-manifest', mode: 'rollback', 'execution-id': id };
    await patch(settings, { data: { color: 'green' } });
    const refused = await site.run(undo);
    expectStep(refused, 'refused', 'rollback-conflict');
    expect(refused.outputs['message']).toMatch(
      /delete configmap\/settings.*\/data\/color is "green" now.*by hand/,
    );
    expect((await read<V1ConfigMap>(other))?.data).toEqual({ color: 'red' });
    await remove(settings);
    expectStep(await site.run(undo), 'succeeded', 'ok');
    expect(await read(other)).toBeUndefined();
    await untilNothingLeft(site.namespace);
  });
});
