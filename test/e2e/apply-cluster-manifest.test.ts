import type { V1Deployment, V1ResourceQuota } from '@kubernetes/client-node';
import { test as base, beforeAll, describe, expect } from 'vitest';
import { bind } from './harness/bindings.ts';
import { ask, create, pathOf, read, remove, untilObject } from './harness/cluster.ts';
import { live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import {
  allowKinds,
  CLUSTER_ROLES,
  configMap,
  deployment,
  grantKinds,
  manifestOf,
} from './harness/manifests.ts';
import type { Inputs, Step } from './harness/run-action.ts';
import { bindingOf, EXECUTOR_NAMESPACE, openSite } from './harness/site.ts';

const ACTION = 'apply-cluster-manifest';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface ClusterSite {
  /** Of the site, and one that is not there yet. */
  readonly namespace: string;
  readonly home: string;
  /** API group that is nobody else's. */
  readonly group: string;
  run(inputs: Inputs): Promise<Step>;
}

/** With the action bound clusterwide for its ServiceAccount and the caller, and the right to a kind of its own group. */
const test = base.extend<{ on: ClusterSite }>({
  on: async ({ task: _task }, use) => {
    const site = await openSite([]);
    const { namespace } = site;
    const group = `${namespace}.example.com`;
    const labels = { [`kubernetesexecution.kubernaut.io/aggregate-to-${ACTION}`]: 'true' };
    const verbs = ['get', 'list', 'watch', 'create', 'patch', 'delete'];
    // A plural of its own, so that it is seen to have been added.
    const rules = [{ apiGroups: [group], resources: [pluralOf(namespace)], verbs }];
    await grantKinds({ metadata: { name: `${namespace}-kinds`, labels }, rules });
    const role = { kind: 'ClusterRole', name: `kubernetes-executor:${ACTION}` };
    const execute = { kind: 'ClusterRole', name: `kubernetes-executor:${ACTION}:execute` };
    const account = { name: `action-${ACTION}`, namespace: EXECUTOR_NAMESPACE };
    await bind(undefined, bindingOf(`${namespace}-action`, role, account));
    await bind(undefined, bindingOf(`${namespace}-caller`, execute, { name: 'caller', namespace }));
    // The site's namespace is of no concern here: an empty input is one that was not given.
    const run = (inputs: Inputs) => site.run({ action: ACTION, namespace: '', ...inputs });
    await use({ namespace, home: `${namespace}-new`, group, run });
    await remove(pathOf('namespaces', undefined, `${namespace}-new`));
    await remove(`${DEFINITIONS}/${pluralOf(namespace)}.${group}`);
    await remove(`${CLUSTER_ROLES}/${namespace}-kinds`);
    await remove(pathOf('clusterrolebindings', undefined, `${namespace}-action`));
    await remove(pathOf('clusterrolebindings', undefined, `${namespace}-caller`));
    await site.close();
  },
});
beforeAll(() => allowKinds('cluster-kinds.yaml'));

function pluralOf(namespace: string): string {
  return `w${namespace.replaceAll('-', '')}s`;
}

function definition({ group, namespace }: ClusterSite): object {
  const plural = pluralOf(namespace);
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: plural.slice(0, -1), kind: 'Widget', listKind: 'WidgetList' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

function widget({ group, home }: ClusterSite, size: number): object {
  return {
    apiVersion: `${group}/v1`,
    kind: 'Widget',
    metadata: { name: 'one', namespace: home },
    spec: { size },
  };
}

function inNamespace(namespace: string, object: object): object {
  const { metadata } = object as { metadata: object };
  return { ...object, metadata: { ...metadata, namespace } };
}

describe.concurrent('apply-cluster-manifest', () => {
  test('makes a namespace before its content and a kind before its objects, and its undo ends all of it', async ({
    on,
  }) => {
    const { home, group, namespace } = on;
    const parameters = manifestOf(
      widget(on, 1),
      inNamespace(home, deployment('web', 1)),
      inNamespace(home, configMap('settings', { a: 'b' })),
      inNamespace(namespace, configMap('settings', { a: 'b' })),
      definition(on),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } },
    );
    const plan = await on.run({ parameters, mode: 'plan' });
    expectStep(plan, 'planned', 'planned');
    expect(plan.summary).toContain('could not be rehearsed: it needs namespace/');
    expect(plan.summary).toMatch(/widget\/one could not be rehearsed: it needs customresourcedefinition/);
    expect(plan.summary).toContain('not-rehearsed');
    expect(await read(pathOf('namespaces', undefined, home))).toBeUndefined();
    const step = await on.run({ parameters });
    expectStep(step, 'succeeded', 'ok');
    expect(step.log.shown.join('\n')).toMatch(
      /create namespace\/[^\n]*applied[^]*create customresourcedefinition\/[^\n]*applied[^]*is Established[^]*create widget\/one[^\n]*applied/,
    );
    const widgets = `/apis/${group}/v1/namespaces/${home}/${pluralOf(namespace)}/one`;
    expect(await live(widgets)).toMatchObject({ spec: { size: 1 } });
    expect((await live<V1Deployment>(pathOf('deployments', home, 'web'))).status?.availableReplicas).toBe(1);
    expectStep(await on.run({ parameters }), 'succeeded', 'no-change');
    const executionId = step.outputs['execution-id'] ?? '';
    const undone = await on.run({ mode: 'rollback', 'execution-id': executionId });
    expectStep(undone, 'succeeded', 'ok');
    expect(await read(pathOf('namespaces', undefined, home))).toBeUndefined();
    expect((await ask('GET', widgets)).status).toBe(404);
    expect(await read(pathOf('configmaps', namespace, 'settings'))).toBeUndefined();
  }, 600_000);

  test('refuses objects that say no namespace, of protected ones, and of kinds that nobody may reach so', async ({
    on,
  }) => {
    const closed = await on.run({
      parameters: manifestOf({
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'a' },
      }),
    });
    expectStep(closed, 'refused', 'input-invalid');
    expect(closed.outputs['message']).toContain('who may do what');
    const homeless = await on.run({ parameters: manifestOf(configMap('a', {})) });
    expectStep(homeless, 'refused', 'target-unsuitable');
    expect(homeless.outputs['message']).toContain('names no namespace');
    const system = inNamespace('kube-system', configMap(on.namespace, {}));
    const step = await on.run({ parameters: manifestOf(system) });
    expectStep(step, 'refused', 'protected-namespace');
    expect(step.outputs['message']).toContain('kube-system is protected');
    expect(await read(pathOf('configmaps', 'kube-system', on.namespace))).toBeUndefined();
  });

  test('rehearses pods as soon as that is granted as the plan says', async ({ on }) => {
    const { namespace } = on;
    await create(pathOf('resourcequotas', namespace), {
      metadata: { name: 'no-pods' },
      spec: { hard: { pods: '0' } },
    });
    await untilObject<V1ResourceQuota>(
      pathOf('resourcequotas', namespace, 'no-pods'),
      (quota) => quota?.status?.hard?.['pods'] === '0',
    );
    const parameters = manifestOf(inNamespace(namespace, deployment('web', 1)));
    const unheard = await on.run({ parameters, mode: 'plan' });
    expectStep(unheard, 'planned', 'planned');
    expect(unheard.summary).toContain('the cluster as a whole has not opted in');
    expect(unheard.summary).toMatch(/kind: ClusterRoleBinding[^]*kubernetes-executor:rehearse-pods/);
    const role = { kind: 'ClusterRole', name: 'kubernetes-executor:rehearse-pods' } as const;
    const account = { name: 'rehearse-pods', namespace: EXECUTOR_NAMESPACE };
    await bind(undefined, bindingOf(`${namespace}-pods`, role, account));
    try {
      const step = await on.run({ parameters, mode: 'plan' });
      expectStep(step, 'refused', 'rehearsal-refused');
      expect(step.outputs['message']).toContain('exceeded quota: no-pods');
    } finally {
      await remove(pathOf('clusterrolebindings', undefined, `${namespace}-pods`));
    }
  });

  test('lets go of replicas, but not where an autoscaler owns them', async ({ on }) => {
    const { namespace } = on;
    const web = deployment('web', 2) as { readonly spec: object };
    expectStep(await on.run({ parameters: manifestOf(inNamespace(namespace, web)) }), 'succeeded', 'ok');
    const { replicas: _none, ...spec } = { replicas: 0, ...web.spec };
    const parameters = manifestOf(inNamespace(namespace, { ...web, spec }));
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    await create(pathOf('horizontalpodautoscalers', namespace), {
      metadata: { name: 'web' },
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 5 },
    });
    expectStep(await on.run({ parameters }), 'refused', 'autoscaler-managed');
    await remove(pathOf('horizontalpodautoscalers', namespace, 'web'));
    expectStep(await on.run({ parameters }), 'succeeded', 'ok');
    expect((await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas).toBe(1);
  });

  test('undoes all of it where an object does not fit the kind that came before it', async ({ on }) => {
    const { home } = on;
    const parameters = manifestOf(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } },
      definition(on),
      { ...widget(on, 1), spec: { size: 'much' } },
    );
    const step = await on.run({ parameters });
    expect(step.outputs['result'], step.log.shown.join('\n')).toBe('rolled-back');
    expect(step.outputs['message']).toContain('spec.size');
    expect(await read(pathOf('namespaces', undefined, home))).toBeUndefined();
    expect(await read(`${DEFINITIONS}/${pluralOf(on.namespace)}.${on.group}`)).toBeUndefined();
  }, 600_000);
});
