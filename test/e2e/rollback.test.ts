import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { patch, pathOf } from './harness/cluster.ts';
import { live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { test } from './harness/test.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

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
});
