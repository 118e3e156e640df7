import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1ConfigMap, V1Deployment, V1Service } from '@kubernetes/client-node';
import { beforeAll, describe, expect } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { untilAllowed } from './harness/bindings.ts';
import { create, patch, pathOf, read, remove } from './harness/cluster.ts';
import { jobsOf, live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import {
  allowKinds,
  CLUSTER_ROLES,
  type ClusterRole,
  configMap,
  contentOf,
  deployment,
  grantKinds,
  manifestOf,
  service,
} from './harness/manifests.ts';
import { makeJobFolders } from './harness/runner-environment.ts';
import { EXECUTOR_NAMESPACE, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';

const test = testWith(['apply-manifest']);
beforeAll(() => allowKinds());

const apply = { action: 'apply-manifest' };
/** Refuses connections at once, where a real registry would be asked for long. */
const NO_IMAGE = 'localhost:1/none:1';

function pathsIn({ namespace }: Site) {
  return {
    web: pathOf('deployments', namespace, 'web'),
    settings: pathOf('configmaps', namespace, 'settings'),
    other: pathOf('configmaps', namespace, 'other'),
    service: pathOf('services', namespace, 'web'),
  };
}

function undoOf(outputs: Readonly<Record<string, string>>) {
  return { ...apply, mode: 'rollback', 'execution-id': outputs['execution-id'] ?? '' };
}

async function versions(paths: readonly string[]): Promise<readonly (string | undefined)[]> {
  const objects = await Promise.all(paths.map((path) => read<V1ConfigMap>(path)));
  return objects.map((object) => object?.metadata?.resourceVersion);
}

describe.concurrent('apply-manifest', () => {
  test('creates what others refer to first, verifies the rollout, and has nothing to do again', async ({
    site,
  }) => {
    const folders = makeJobFolders();
    const text = [deployment('web', 1), service('web', 80), configMap('settings', { color: 'blue' })];
    writeFileSync(join(folders.workspace, 'app.yaml'), text.map((one) => stringify(one)).join('---\n'));
    const inputs = { ...apply, 'manifest-file': 'app.yaml' };
    const step = await site.run(inputs, { folders });
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['message']).toContain(`apply 3 objects in ${site.namespace}`);
    const lines = step.log.shown.filter((line) => line.includes('applied (HTTP 201)')).join('\n');
    expect(lines).toMatch(/service\/web[^]*configmap\/settings[^]*deployment\/web/);
    const paths = pathsIn(site);
    const web = await live<V1Deployment>(paths.web);
    expect(web.status?.availableReplicas).toBe(1);
    expect(web.metadata?.managedFields?.find(({ operation }) => operation === 'Apply')?.manager).toBe(
      'kubernetes-executor',
    );
    const before = await versions(Object.values(paths));
    expectStep(await site.run(inputs, { folders }), 'succeeded', 'no-change');
    expect(await versions(Object.values(paths))).toEqual(before);
    expect(await jobsOf(site.namespace)).toHaveLength(1);
  });

  test('tells created, changed and unchanged apart, and mode rollback puts all of it back', async ({
    site,
  }) => {
    const paths = pathsIn(site);
    const first = manifestOf(deployment('web', 1), configMap('settings', { color: 'blue', size: '1' }), {
      apiVersion: 'v1',
      kind: 'List',
      items: [service('web', 80)],
    });
    expectStep(await site.run({ ...apply, parameters: first }), 'succeeded', 'ok');
    const before = await Promise.all(Object.values(paths).map(contentOf));
    // One key goes, since the manifest has it no longer; one comes.
    const labels = { labels: { tier: 'a' } };
    const second = manifestOf(
      deployment('web', 2),
      configMap('settings', { color: 'green' }, labels),
      service('web', 80),
      configMap('other', { a: 'b' }),
    );
    const step = await site.run({ ...apply, parameters: second });
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['message']).toContain('create configmap/other');
    expect(step.outputs['message']).toContain('change configmap/settings and deployment/web');
    expect(step.summary).toContain('Left as it is: service/web');
    const settings = await live<V1ConfigMap>(paths.settings);
    expect([settings.data, settings.metadata?.labels]).toEqual([{ color: 'green' }, { tier: 'a' }]);
    expect((await live<V1Deployment>(paths.web)).status?.availableReplicas).toBe(2);
    expectStep(await site.run(undoOf(step.outputs)), 'succeeded', 'ok');
    expect(await Promise.all(Object.values(paths).map(contentOf))).toEqual(before);
    // What the undo itself has written is no foreign manager's.
    expectStep(await site.run({ ...apply, parameters: second }), 'succeeded', 'ok');
    await untilNothingLeft(site.namespace);
  });

  test('undoes all of it in reverse order where one workload does not come up', async ({ site }) => {
    const paths = pathsIn(site);
    const good = manifestOf(deployment('web', 1), configMap('settings', { color: 'blue' }));
    expectStep(await site.run({ ...apply, parameters: good }), 'succeeded', 'ok');
    const before = await Promise.all(Object.values(paths).map(contentOf));
    const bad = manifestOf(
      configMap('settings', { color: 'red' }),
      configMap('other', { a: 'b' }),
      deployment('web', 1, NO_IMAGE),
      service('web', 80),
    );
    const step = await site.run({ ...apply, parameters: bad });
    expectStep(step, 'rolled-back', 'image-pull-failed');
    expect(step.outputs['message']).toContain(NO_IMAGE);
    const lines = step.log.shown.join('\n');
    expect(lines).toMatch(
      /put back deployment\/web[^\n]*: applied[^]*delete service\/web[^\n]*, which was created: applied[^]*delete configmap\/other[^\n]*, which was created: applied[^]*put back configmap\/settings[^\n]*: applied/,
    );
    expect(await Promise.all(Object.values(paths).map(contentOf))).toEqual(before);
    await untilNothingLeft(site.namespace);
  });

  test('gives a Service node ports that the server chooses, and mode rollback takes them away again', async ({
    site,
  }) => {
    const path = pathsIn(site).service;
    const [http, admin] = [
      { name: 'http', port: 80 },
      { name: 'admin', port: 81 },
    ];
    const applyService = (spec: object) =>
      site.run({ ...apply, parameters: manifestOf(service('web', 80, spec)) });
    expectStep(await applyService({ ports: [http] }), 'succeeded', 'ok');
    const inside = await contentOf(path);
    const opened = await applyService({ type: 'NodePort', ports: [http] });
    expectStep(opened, 'succeeded', 'ok');
    const nodePorts = async () => (await live<V1Service>(path)).spec?.ports?.map(({ nodePort }) => nodePort);
    const [first] = (await nodePorts()) ?? [];
    expect(first).toBeGreaterThan(0);
    const open = await contentOf(path);
    const more = await applyService({ type: 'NodePort', ports: [http, admin] });
    expectStep(more, 'succeeded', 'ok');
    expect(await nodePorts()).toEqual([first, expect.any(Number)]);
    expectStep(await site.run(undoOf(more.outputs)), 'succeeded', 'ok');
    expect(await contentOf(path)).toEqual(open);
    expectStep(await site.run(undoOf(opened.outputs)), 'succeeded', 'ok');
    expect(await contentOf(path)).toEqual(inside);
    expect(await nodePorts()).toEqual([undefined]);
  });

  test('leaves what somebody else has made in place of its own', async ({ site }) => {
    const { other } = pathsIn(site);
    const step = await site.run({ ...apply, parameters: manifestOf(configMap('other', { a: 'b' })) });
    expectStep(step, 'succeeded', 'ok');
    await remove(other);
    await create(pathOf('configmaps', site.namespace), configMap('other', { a: 'c' }));
    expectStep(await site.run(undoOf(step.outputs)), 'refused', 'rollback-conflict');
    expect((await live<V1ConfigMap>(other)).data).toEqual({ a: 'c' });
  });

  test("refuses another manager's fields, naming both, and takes them over with force", async ({ site }) => {
    const { settings } = pathsIn(site);
    const collection = pathOf('configmaps', site.namespace);
    await create(`${collection}?fieldManager=somebody`, configMap('settings', { color: 'blue', size: '1' }));
    const parameters = manifestOf(configMap('settings', { color: 'red' }));
    const before = await versions([settings]);
    const step = await site.run({ ...apply, parameters });
    expectStep(step, 'refused', 'field-conflict');
    expect(step.outputs['message']).toContain('"somebody" owns .data.color');
    expect(await versions([settings])).toEqual(before);
    const forced = await site.run({ ...apply, parameters, force: 'true' });
    expectStep(forced, 'succeeded', 'ok');
    expect(forced.summary).toContain('takes fields over');
    expect((await live<V1ConfigMap>(settings)).data).toEqual({ color: 'red', size: '1' });
    expectStep(await site.run(undoOf(forced.outputs)), 'succeeded', 'ok');
    expect((await live<V1ConfigMap>(settings)).data).toEqual({ color: 'blue', size: '1' });
  });

  test('in mode plan changes nothing, and mode apply does what was planned', async ({ site }) => {
    const paths = pathsIn(site);
    const { namespace } = site;
    expectStep(
      await site.run({ ...apply, parameters: manifestOf(configMap('settings', { a: '1' })) }),
      'succeeded',
      'ok',
    );
    const before = await versions(Object.values(paths));
    const parameters = manifestOf(
      configMap('settings', { a: '2' }),
      configMap('other', {}),
      service('web', 80),
    );
    const plan = await site.run({ ...apply, parameters, mode: 'plan' });
    expectStep(plan, 'planned', 'planned');
    expect(plan.summary).toContain('/data/a');
    expect(await versions(Object.values(paths))).toEqual(before);
    expect(await jobsOf(namespace)).toHaveLength(1);
    const approved = { ...apply, parameters, mode: 'apply', 'plan-hash': plan.outputs['plan-hash'] ?? '' };
    expectStep(await site.run(approved), 'succeeded', 'ok');
    expect((await live<V1ConfigMap>(paths.settings)).data).toEqual({ a: '2' });
    expectStep(await site.run({ ...approved, mode: 'apply' }), 'refused', 'plan-changed');
  });

  test('without the right to a kind changes nothing, and the YAML in the message helps', async ({ site }) => {
    const range = { type: 'Container', max: { cpu: '4' } };
    const limits = {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'limits' },
      spec: { limits: [range] },
    };
    const parameters = manifestOf(configMap('other', { a: 'b' }), limits);
    const step = await site.run({ ...apply, parameters });
    expectStep(step, 'refused', 'permission-missing');
    const message = step.outputs['message'] ?? '';
    expect(message).toContain(`may not patch limitranges in ${site.namespace}`);
    expect(message).not.toContain('may not patch configmaps');
    expect(await read(pathsIn(site).other)).toBeUndefined();
    expect(await jobsOf(site.namespace)).toEqual([]);
    const [role] = parseAllDocuments(message.slice(message.indexOf('\napiVersion:'))).map((one) =>
      one.toJS(),
    );
    const { metadata, rules = [] } = role as ClusterRole;
    await grantKinds(role);
    const account = `system:serviceaccount:${EXECUTOR_NAMESPACE}:action-apply-manifest`;
    await untilAllowed(account, site.namespace, rules);
    const again = await site.run({ ...apply, parameters });
    await remove(`${CLUSTER_ROLES}/${metadata.name}`);
    expectStep(again, 'succeeded', 'ok');
  });

  test('refuses what no manifest may hold, all at once and by line, without asking the cluster', async ({
    site,
  }) => {
    const text = [
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: hunter2hunter2}\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: a-\n  uid: x\nstatus: {a: b}\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: elsewhere}\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n',
      'just text\n',
    ];
    const parameters = `${manifestOf(...text)}manifestUrl: https://example.com/a.yaml\n`;
    const step = await site.run({ ...apply, parameters, target: 'namespace/other' });
    expectStep(step, 'refused', 'input-invalid');
    const message = step.outputs['message'] ?? '';
    for (const said of [
      'update-secret',
      'give it a name',
      'metadata.uid',
      'is written by controllers',
      'apply-cluster-manifest takes several namespaces',
      'configmap/c is there twice',
      '"just text" is not an object',
      'line 9, metadata.generateName (document 2)',
      'what a URL gives nobody has reviewed',
      'acts on the objects of its manifest',
    ]) {
      expect(message).toContain(said);
    }
    expect(message).not.toContain('hunter2');
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n`;
    const exploding = await site.run({ ...apply, parameters: manifestOf(bomb) });
    expectStep(exploding, 'refused', 'input-invalid');
    expect(exploding.outputs['message']).toContain('aliases expand to more than');
  });

  test('refuses what the server does not know or keeps elsewhere, all at once', async ({ site }) => {
    const kind = { apiVersion: 'apps/v1', kind: 'Deploymant', metadata: { name: 'a' } };
    const version = { apiVersion: 'apps/v9', kind: 'Deployment', metadata: { name: 'b' } };
    const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'c' } };
    const step = await site.run({ ...apply, parameters: manifestOf(kind, version, home) });
    expectStep(step, 'refused', 'target-unsuitable');
    const message = step.outputs['message'] ?? '';
    expect(message).toContain('did you mean Deployment?');
    expect(message).toContain('the server has no apps/v9');
    expect(message).toContain('use apply-cluster-manifest');
    const unknown = { ...configMap('a', {}), spec: { replica: 1 } };
    const strict = await site.run({ ...apply, parameters: manifestOf(unknown) });
    expectStep(strict, 'refused', 'rehearsal-refused');
    expect(strict.outputs['message']).toContain('spec');
  });

  test('looks for autoscalers and GitOps tools behind each of its objects', async ({ site }) => {
    const { namespace } = site;
    const inputs = {
      ...apply,
      parameters: manifestOf(deployment('web', 0), configMap('settings', { a: '1' })),
    };
    expectStep(await site.run(inputs), 'succeeded', 'ok');
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    await create(pathOf('horizontalpodautoscalers', namespace), {
      metadata: { name: 'web' },
      spec: { scaleTargetRef, maxReplicas: 3 },
    });
    const scaled = await site.run({ ...apply, parameters: manifestOf(deployment('web', 1)) });
    expectStep(scaled, 'refused', 'autoscaler-managed');
    const labels = { 'kustomize.toolkit.fluxcd.io/name': 'app' };
    await patch(pathOf('configmaps', namespace, 'settings'), { metadata: { labels } });
    const owned = await site.run({ ...apply, parameters: manifestOf(configMap('settings', { a: '2' })) });
    expectStep(owned, 'refused', 'gitops-managed');
    expect((await live<V1ConfigMap>(pathsIn(site).settings)).data).toEqual({ a: '1' });
  });
});
