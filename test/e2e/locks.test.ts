import { describe, expect } from 'vitest';
import { untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { test } from './harness/test.ts';
import { startVerifying } from './harness/verifying.ts';
import { untilAvailable } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web' };

describe.concurrent('a second execution on the same target', () => {
  test('is refused, and the holder is named', async ({ site }) => {
    const first = await startVerifying(site);
    const second = await site.run({ ...scale, parameters: 'replicas: 2' });
    expectStep(second, 'refused', 'locked');
    const { outputs } = await first.finish();
    expect(second.outputs['message']).toContain(outputs['job-name']);
    await untilAvailable(site.namespace, 'web', 1);
  });

  test('is skipped where the inputs say so', async ({ site }) => {
    const first = await startVerifying(site);
    const second = await site.run({ ...scale, parameters: 'replicas: 2', 'on-locked': 'skip' });
    expectStep(second, 'skipped', 'locked');
    expect(second.outputs['changed']).toBe('false');
    await first.finish();
    await untilAvailable(site.namespace, 'web', 1);
  });

  test('waits where the inputs say so', async ({ site }) => {
    const first = await startVerifying(site);
    const second = site.start({ ...scale, parameters: 'replicas: 2', 'on-locked': 'wait' });
    await second.untilLine(/locked by .*waiting/);
    await first.finish();
    expectStep(await second.finished, 'succeeded', 'ok');
    await untilNothingLeft(site.namespace);
  });

  test('waits no longer than lock-timeout', async ({ site }) => {
    const first = await startVerifying(site);
    const wait = { 'on-locked': 'wait', 'lock-timeout': '2s' };
    expectStep(await site.run({ ...scale, parameters: 'replicas: 2', ...wait }), 'refused', 'locked');
    await first.finish();
  });

  test('by way of another action is refused as well', async ({ site }) => {
    const first = await startVerifying(site);
    const second = await site.run({ action: 'restart-pod', target: 'deployment/web' });
    expectStep(second, 'refused', 'locked');
    await first.finish();
  });
});
