/** One execution with a hundred targets: each locked, written, verified and undone, in one Job. */
import type { V1ConfigMap, V1Lease } from '@kubernetes/client-node';
import { beforeAll, describe, expect } from 'vitest';
import { list, pathOf } from './harness/cluster.ts';
import { untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { allowKinds, configMap, manifestOf } from './harness/manifests.ts';
import { LOCK_NAMESPACE, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';

const test = testWith(['apply-manifest']);
beforeAll(() => allowKinds());

const NAMES = Array.from({ length: 100 }, (_, index) => `settings-${index}`);

async function settings({ namespace }: Site): Promise<readonly unknown[]> {
  const objects = await list<V1ConfigMap>(pathOf('configmaps', namespace));
  return objects.filter(({ metadata }) => metadata?.name?.startsWith('settings-')).map(({ data }) => data);
}

async function heldLocks({ namespace }: Site): Promise<number> {
  const leases = await list<V1Lease>(pathOf('leases', LOCK_NAMESPACE));
  return leases.filter(
    ({ metadata, spec }) =>
      spec?.holderIdentity &&
      Object.values(metadata?.annotations ?? {})
        .join()
        .includes(`/${namespace}/`),
  ).length;
}

describe('a hundred objects', () => {
  test('are applied by one execution, and all of it is undone', { timeout: 600_000 }, async ({ site }) => {
    const apply = { action: 'apply-manifest' };
    const parameters = manifestOf(...NAMES.map((name) => configMap(name, { color: 'blue' })));
    const step = await site.run({ ...apply, parameters });
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['logs-complete']).toBe('true');
    expect(await settings(site)).toEqual(NAMES.map(() => ({ color: 'blue' })));
    expect(await heldLocks(site)).toBe(0);
    const undo = { ...apply, mode: 'rollback', 'execution-id': step.outputs['execution-id'] ?? '' };
    expectStep(await site.run(undo), 'succeeded', 'ok');
    expect(await settings(site)).toEqual([]);
    expect(await heldLocks(site)).toBe(0);
    await untilNothingLeft(site.namespace);
  });
});
