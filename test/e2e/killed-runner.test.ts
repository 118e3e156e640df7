import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { patch, pathOf, read, untilObject } from './harness/cluster.ts';
import { live, untilJob, untilNothingLeft, untilPlanSent, untilVerdict } from './harness/executions.ts';
import { EXECUTOR_NAMESPACE } from './harness/site.ts';
import { test } from './harness/test.ts';
import { replicasOf } from './harness/verifying.ts';
import { deploy, deployOnEveryNode, untilAvailable } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web' };

describe.concurrent('a runner that dies once the Job is created', () => {
  test('leaves a change that is carried out and verified', async ({ site }) => {
    await deploy(site.namespace, 'web', { spec: { progressDeadlineSeconds: 900 } });
    // Till this is taken back, no new pod counts as available: the change is not over before the runner has died.
    const path = pathOf('deployments', site.namespace, 'web');
    await patch(path, { spec: { minReadySeconds: 600 } });
    const running = site.start({ ...scale, parameters: 'replicas: 2' }, { post: false });
    const job = await untilPlanSent(site.namespace);
    running.signal('SIGKILL');
    const step = await running.finished;
    expect(step.signal).toBe('SIGKILL');
    expect(step.outputs['result']).toBeUndefined();
    await untilObject<V1Deployment>(path, (deployment) => deployment?.spec?.replicas === 2);
    await patch(path, { spec: { minReadySeconds: 0 } });
    expect(await untilVerdict(job)).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    await untilAvailable(site.namespace, 'web', 2);
    await untilNothingLeft(site.namespace);
  });

  test('leaves a change that is undone where it fails', async ({ site }) => {
    const room = await deployOnEveryNode(site.namespace, 'web');
    const tooMany = { ...scale, parameters: 'replicas-increment: 1', 'verify-timeout': '60s' };
    const running = site.start(tooMany, { post: false });
    const job = await untilPlanSent(site.namespace);
    running.signal('SIGKILL');
    expect((await running.finished).signal).toBe('SIGKILL');
    expect(await untilVerdict(job)).toMatchObject({ result: 'rolled-back', reasonCode: 'unschedulable' });
    const { spec } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(spec?.replicas).toBe(room);
    await untilNothingLeft(site.namespace);
  });

  test('at the very moment of its creation leaves all or nothing, and never a lock', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const running = site.start({ ...scale, parameters: 'replicas: 2' }, { post: false });
    const { metadata, spec } = await untilJob(site.namespace);
    running.signal('SIGKILL');
    await running.finished;
    const name = metadata?.name ?? '';
    // Before its plan is looked for, which may be under way still: without it, nothing had been changed by then.
    const before = await replicasOf(site);
    const sent = (await read(pathOf('secrets', EXECUTOR_NAMESPACE, name))) !== undefined;
    // Without its plan the pod can't start; the Job's deadline ends it.
    const result = sent ? (await untilVerdict(name)).result : 'never began';
    expect({ result, replicas: sent ? await replicasOf(site) : before }).toEqual(
      sent ? { result: 'succeeded', replicas: 2 } : { result: 'never began', replicas: 1 },
    );
    expect(spec?.activeDeadlineSeconds).toBeLessThanOrEqual(15 * 60);
  });
});
