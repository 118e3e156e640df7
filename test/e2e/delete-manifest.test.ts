import type { V1ConfigMap, V1Deployment } from '@kubernetes/client-node';
import { beforeAll, describe, expect } from 'vitest';
import { create, list, patch, pathOf, read } from './harness/cluster.ts';
import { jobsOf, live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { allowKinds, configMap, contentOf, deployment, manifestOf, service } from './harness/manifests.ts';
import type { Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

const test = testWith(['delete-manifest']);
beforeAll(() => allowKinds());

const remove = { action: 'delete-manifest' };

function pathsIn({ namespace }: Site) {
  return {
    web: pathOf('deployments', namespace, 'web'),
    settings: pathOf('configmaps', namespace, 'settings'),
    service: pathOf('services', namespace, 'web'),
  };
}

async function fill({ namespace }: Site): Promise<void> {
  await create(pathOf('configmaps', namespace), configMap('settings', { color: 'blue' }));
  await create(pathOf('services', namespace), service('web', 80));
  await deploy(namespace, 'web', { labels: { tier: 'a' } });
}

const MANIFEST = manifestOf(
  deployment('web', 1),
  service('web', 80),
  configMap('settings', {}),
  configMap('missing', {}),
);

describe.concurrent('delete-manifest', () => {
  test('deletes what is there in reverse order, has nothing to do again, and its undo makes it anew', async ({
    site,
  }) => {
    await fill(site);
    const paths = Object.values(pathsIn(site));
    const before = await Promise.all(paths.map(contentOf));
    const inputs = { ...remove, parameters: MANIFEST };
    const step = await site.run(inputs);
    expectStep(step, 'succeeded', 'ok');
    expect(step.log.shown.join('\n')).toMatch(
      /delete deployment\/web[^\n]*applied[^]*delete configmap\/settings[^\n]*applied[^]*delete service\/web[^\n]*applied/,
    );
    expect(step.summary).toContain('Not there: configmap/missing');
    expect(await Promise.all(paths.map((path) => read(path)))).toEqual([undefined, undefined, undefined]);
    const again = await site.run(inputs);
    expectStep(again, 'succeeded', 'no-change');
    const back = await site.run({
      ...remove,
      mode: 'rollback',
      'execution-id': step.outputs['execution-id'] ?? '',
    });
    expectStep(back, 'succeeded', 'ok');
    expect(back.outputs['message']).toContain('new uids');
    expect(await Promise.all(paths.map(contentOf))).toEqual(before);
    await untilAvailable(site.namespace, 'web', 1);
    await untilNothingLeft(site.namespace);
  });

  test('makes anew what was deleted where something stays behind', async ({ site }) => {
    const { settings } = pathsIn(site);
    await create(pathOf('configmaps', site.namespace), configMap('settings', { color: 'blue' }));
    const finalizers = ['example.com/held'];
    await create(pathOf('configmaps', site.namespace), configMap('held', {}, { finalizers }));
    const parameters = manifestOf(configMap('held', {}), configMap('settings', {}));
    const step = await site.run({ ...remove, parameters, 'verify-timeout': '3s' });
    expectStep(step, 'rollback-failed', 'rollback-conflict');
    expect(step.outputs['message']).toContain('finalizers example.com/held');
    expect((await live<V1ConfigMap>(settings)).data).toEqual({ color: 'blue' });
    await patch(pathOf('configmaps', site.namespace, 'held'), { metadata: { finalizers: null } });
  });

  test('in mode plan deletes nothing', async ({ site }) => {
    await fill(site);
    const paths = Object.values(pathsIn(site));
    const uids = async () =>
      await Promise.all(paths.map(async (path) => (await live<V1Deployment>(path)).metadata?.uid));
    const before = await uids();
    expectStep(await site.run({ ...remove, parameters: MANIFEST, mode: 'plan' }), 'planned', 'planned');
    expect(await uids()).toEqual(before);
    expect(await jobsOf(site.namespace)).toEqual([]);
  });

  test('refuses what can not be brought back, what belongs to others, and what no manifest may hold', async ({
    site,
  }) => {
    const { namespace } = site;
    await deploy(namespace, 'web', { replicas: 0 });
    const [set] = await list<V1Deployment>(pathOf('replicasets', namespace));
    const name = set?.metadata?.name ?? '';
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' } };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } };
    const misused = await site.run({ ...remove, parameters: manifestOf(secret) });
    expectStep(misused, 'refused', 'input-invalid');
    const kept = await site.run({ ...remove, parameters: manifestOf(claim, deployment('web', 0)) });
    expectStep(kept, 'refused', 'target-unsuitable');
    expect(kept.outputs['message']).toContain('which no undo brings back');
    const owned = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name } };
    const missing = await site.run({ ...remove, parameters: manifestOf(owned) });
    expectStep(missing, 'refused', 'permission-missing');
    expect(missing.outputs['message']).toContain('aggregate-to-delete-manifest');
    expect(await read(pathOf('deployments', namespace, 'web'))).toBeDefined();
    expect(await jobsOf(namespace)).toEqual([]);
  });
});
