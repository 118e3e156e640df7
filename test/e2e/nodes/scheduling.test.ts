/** cordon-node and uncordon-node, and what none of the actions on nodes may do. */
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Binding, bind } from '../harness/bindings.ts';
import { patch, pathOf } from '../harness/cluster.ts';
import { live } from '../harness/executions.ts';
import { expectStep } from '../harness/expect-step.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE } from '../harness/site.ts';
import { isOwnCluster } from '../harness/test.ts';
import { startPod } from '../harness/workloads.ts';
import { JSON_PATCH, openAdministrator, rehearsalOf } from '../policies/identities.ts';
import { cordon, NODE_ACTIONS, test, uncordon } from './node-site.ts';

async function readNode(name: string): Promise<V1Node> {
  return await live<V1Node>(pathOf('nodes', undefined, name));
}

/** What people and controllers have set, without what the kubelet reports. */
async function settings(name: string) {
  const { metadata, spec } = await readNode(name);
  return { labels: metadata?.labels, taints: spec?.taints, unschedulable: spec?.unschedulable };
}

describe.skipIf(!isOwnCluster)('cordon-node', () => {
  test('takes a node out of scheduling, and mode rollback puts it back', async ({ on }) => {
    const [name] = on.nodes;
    const before = await settings(name);
    const cordonIt = { action: 'cordon-node', target: `node/${name}` };
    const step = await on.run(cordonIt);
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs).toMatchObject({ changed: 'true', environment: 'cluster' });
    expect((await readNode(name)).spec?.unschedulable).toBe(true);
    const undo = { ...cordonIt, mode: 'rollback', 'execution-id': step.outputs['execution-id'] ?? '' };
    expectStep(await on.run(undo), 'succeeded', 'ok');
    expect((await readNode(name)).spec?.unschedulable).toBeUndefined();
    await uncordon(name);
    expect(await settings(name)).toEqual(before);
  });

  test('changes nothing of a node that is cordoned', async ({ on }) => {
    const [name] = on.nodes;
    await cordon(name);
    const step = await on.run({ action: 'cordon', target: name });
    expectStep(step, 'succeeded', 'no-change');
    expect(step.outputs).toMatchObject({ changed: 'false', 'job-name': '' });
  });

  test('in mode plan changes nothing', async ({ on }) => {
    const [name] = on.nodes;
    const step = await on.run({ action: 'cordon-node', target: name, mode: 'plan' });
    expectStep(step, 'planned', 'planned');
    expect((await readNode(name)).spec?.unschedulable).toBeUndefined();
  });

  test('refuses the last node that takes pods', async ({ on }) => {
    const [name, ...others] = on.nodes;
    await Promise.all(others.map(cordon));
    expectStep(await on.run({ action: 'cordon-node', target: name }), 'refused', 'node-protected');
    expect((await readNode(name)).spec?.unschedulable).toBeUndefined();
  });

  test('refuses a node of the control plane', async ({ on }) => {
    const [name] = on.nodes;
    const label = 'node-role.kubernetes.io/control-plane';
    const setLabel = (value: string | null) =>
      patch(pathOf('nodes', undefined, name), { metadata: { labels: { [label]: value } } });
    await setLabel('');
    const [ended] = await Promise.allSettled([on.run({ action: 'cordon-node', target: name })]);
    await setLabel(null);
    if (ended.status === 'rejected') throw ended.reason;
    const step = ended.value;
    expectStep(step, 'refused', 'node-protected');
    expect(step.outputs['message']).toContain('control plane');
    expect((await readNode(name)).spec?.unschedulable).toBeUndefined();
  });

  test('without its right is refused, and the YAML in the message helps', async ({ on }) => {
    const [name] = on.nodes;
    const cordonIt = { action: 'cordon-node', target: name };
    await on.revoke('cordon-node');
    const step = await on.run(cordonIt);
    expectStep(step, 'refused', 'permission-missing');
    const message = step.outputs['message'] ?? '';
    expect(message).toContain('patch nodes clusterwide');
    const yaml = message.slice(message.indexOf('apiVersion:'));
    for (const document of parseAllDocuments(yaml)) {
      const manifest = document.toJS() as Binding;
      const own = { ...manifest, metadata: { name: `${on.namespace}-cordon-node` } };
      expect(manifest).toMatchObject({ kind: 'ClusterRoleBinding' });
      await bind(undefined, own);
    }
    expectStep(await on.run(cordonIt), 'succeeded', 'ok');
  });
});

describe.skipIf(!isOwnCluster)('uncordon-node', () => {
  test('puts a cordoned node back, and mode rollback cordons it again', async ({ on }) => {
    const [name] = on.nodes;
    await cordon(name);
    const uncordonIt = { action: 'uncordon-node', target: `node/${name}` };
    const step = await on.run(uncordonIt);
    expectStep(step, 'succeeded', 'ok');
    expect((await readNode(name)).spec?.unschedulable).toBeUndefined();
    const undo = { ...uncordonIt, mode: 'rollback', 'execution-id': step.outputs['execution-id'] ?? '' };
    expectStep(await on.run(undo), 'succeeded', 'ok');
    expect((await readNode(name)).spec?.unschedulable).toBe(true);
  });
});

describe.skipIf(!isOwnCluster).each(NODE_ACTIONS)('the ServiceAccount of %s', (action) => {
  test('changes nothing of a node but whether it takes pods', async ({ on }) => {
    const administrator = await openAdministrator(on.namespace);
    const send = (operation: object) =>
      administrator.fromPod(`action-${action}`)({
        method: 'PATCH',
        path: `${pathOf('nodes', undefined, on.nodes[0])}?dryRun=All`,
        contentType: JSON_PATCH,
        body: [operation],
      });
    expect(await send({ op: 'add', path: '/spec/unschedulable', value: true })).toMatchObject({
      status: 200,
    });
    const abuses = [
      { op: 'add', path: '/metadata/labels/more', value: 'x' },
      { op: 'add', path: '/metadata/annotations/more', value: 'x' },
      { op: 'add', path: '/metadata/finalizers', value: ['example.com/a'] },
      { op: 'add', path: '/spec/taints', value: [{ key: 'more', effect: 'NoExecute' }] },
      { op: 'add', path: '/spec/providerID', value: 'x' },
    ];
    for (const abuse of abuses) {
      const { status, message } = await send(abuse);
      expect({ status, message }, JSON.stringify(abuse)).toEqual({
        status: 403,
        message: expect.stringContaining('may change nothing of nodes but spec.unschedulable'),
      });
    }
    await administrator.close();
  });
});

describe.skipIf(!isOwnCluster)('the ServiceAccounts of the actions on nodes', () => {
  test('delete no node', async ({ on }) => {
    const administrator = await openAdministrator(on.namespace);
    const path = `${pathOf('nodes', undefined, on.nodes[0])}?dryRun=All`;
    const { status } = await administrator.fromPod('action-drain-node')({
      method: 'DELETE',
      path,
      body: { dryRun: ['All'] },
    });
    expect(status).toBe(403);
    await administrator.close();
  });

  test('evict pods from their own pods alone, and delete none', async ({ on }) => {
    await startPod(on.namespace, 'lonely');
    const administrator = await openAdministrator(on.namespace);
    const path = pathOf('pods', on.namespace, 'lonely');
    const eviction = (query: string) => ({
      method: 'POST' as const,
      path: `${path}/eviction${query}`,
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: 'lonely', namespace: on.namespace },
        ...(query === '' ? {} : { deleteOptions: { dryRun: ['All'] } }),
      },
    });
    const unbound = await rehearsalOf('action-drain-node');
    expect(await unbound(eviction('?dryRun=All'))).toMatchObject({ status: 201 });
    expect(await unbound(eviction(''))).toMatchObject({ status: 403 });
    const fromPod = administrator.fromPod('action-drain-node');
    const body = { dryRun: ['All'] };
    expect(await fromPod({ method: 'DELETE', path, body })).toMatchObject({ status: 403 });
    const other = administrator.fromPod('action-cordon-node');
    expect(await other(eviction('?dryRun=All'))).toMatchObject({ status: 403 });
    const { metadata } = await live<V1Pod>(path);
    expect(metadata?.deletionTimestamp).toBeUndefined();
    await administrator.close();
  });

  test('evict from kube-system, and no executions', async ({ on }) => {
    const administrator = await openAdministrator(on.namespace);
    const evictFrom = (namespace: string) =>
      administrator.fromPod('action-drain-node')({
        method: 'POST',
        path: `${pathOf('pods', namespace, 'nobody')}/eviction`,
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'nobody', namespace } },
      });
    expect(await evictFrom('kube-system')).toMatchObject({ status: 404 });
    for (const namespace of [EXECUTOR_NAMESPACE, LOCK_NAMESPACE]) {
      const { status, message } = await evictFrom(namespace);
      expect({ status, message }).toEqual({ status: 403, message: expect.stringContaining('is protected') });
    }
    await administrator.close();
  });
});
