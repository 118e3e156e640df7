/** A place for one test on nodes: a site, cluster-wide rights on the actions, and the nodes as they were afterwards. */
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { test as base, onTestFinished } from 'vitest';
import { bind, unbind } from '../harness/bindings.ts';
import { list, patch, pathOf, remove, until, untilObject } from '../harness/cluster.ts';
import type { Inputs, RunningStep, Step } from '../harness/run-action.ts';
import { bindingOf, EXECUTOR_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { deploy, type WorkloadOptions } from '../harness/workloads.ts';

export const NODE_ACTIONS = ['cordon-node', 'uncordon-node', 'drain-node'] as const;
export type NodeAction = (typeof NODE_ACTIONS)[number];

export interface NodeSite {
  readonly site: Site;
  readonly namespace: string;
  /** By name; three at least. */
  readonly nodes: readonly [string, string, string, ...string[]];
  start(inputs: Inputs): RunningStep;
  run(inputs: Inputs): Promise<Step>;
  /** Takes back the ClusterRoleBinding of the action's ServiceAccount. */
  revoke(action: NodeAction): Promise<void>;
  /** With all its pods on this node; those that come in their place may start anywhere. */
  deployOn(node: string, name: string, options?: WorkloadOptions): Promise<void>;
}

export const test = base.extend<{ on: NodeSite }>({
  on: async ({ task: _task }, use) => {
    const site = await openSite([]);
    await Promise.all(NODE_ACTIONS.flatMap((action) => optIn(site.namespace, action)));
    const names = (await list<V1Node>(pathOf('nodes'))).map(({ metadata }) => metadata?.name ?? '');
    const [first = '', second = '', third = '', ...others] = names.toSorted();
    // The site's namespace is of no concern to a node: an empty input is one that was not given.
    const start = (inputs: Inputs) => site.start({ namespace: '', ...inputs });
    await use({
      site,
      namespace: site.namespace,
      nodes: [first, second, third, ...others],
      start,
      run: (inputs) => start(inputs).finished,
      revoke: (action) => unbind(undefined, `${site.namespace}-${action}`),
      deployOn: (node, name, options) => deployOn(site.namespace, { node, names, name }, options),
    });
    await Promise.all(names.map(uncordon));
    await Promise.all(
      NODE_ACTIONS.flatMap((action) =>
        ['', '-caller'].map((end) =>
          remove(pathOf('clusterrolebindings', undefined, `${site.namespace}-${action}${end}`)),
        ),
      ),
    );
    await site.close();
    // What is on its way out would be drained by the next test.
    await until<V1Pod, true>({ path: pathOf('pods', site.namespace) }, (pods) => pods.length === 0);
  },
});

function optIn(namespace: string, action: NodeAction): readonly Promise<unknown>[] {
  const own = { name: `action-${action}`, namespace: EXECUTOR_NAMESPACE };
  const caller = { name: 'caller', namespace };
  const role = { kind: 'ClusterRole', name: `kubernetes-executor:${action}` };
  const execute = { kind: 'ClusterRole', name: `kubernetes-executor:${action}:execute` };
  const name = `${namespace}-${action}`;
  return [
    bind(undefined, bindingOf(name, role, own)),
    bind(undefined, bindingOf(`${name}-caller`, execute, caller)),
  ];
}

async function deployOn(
  namespace: string,
  { node, names, name }: { readonly node: string; readonly names: readonly string[]; readonly name: string },
  options?: WorkloadOptions,
): Promise<void> {
  const others = names.filter((other) => other !== node);
  await Promise.all(others.map(cordon));
  await deploy(namespace, name, options);
  await Promise.all(others.map(uncordon));
}

export async function cordon(node: string): Promise<void> {
  await patch(pathOf('nodes', undefined, node), { spec: { unschedulable: true } });
  await untilTainted(node, true);
}

export async function uncordon(node: string): Promise<void> {
  await patch(pathOf('nodes', undefined, node), { spec: { unschedulable: null } });
  await untilTainted(node, false);
}

/** Every node but this one, until what it resolves with is called or the test is over. */
export async function cordonAll(but?: string): Promise<() => Promise<void>> {
  const all = (await list<V1Node>(pathOf('nodes'))).map(({ metadata }) => metadata?.name ?? '');
  const names = all.filter((name) => name !== but);
  const release = async () => void (await Promise.all(names.map(uncordon)));
  onTestFinished(release);
  await Promise.all(names.map(cordon));
  return release;
}

/** The node controller sets and takes the taint, which is what the scheduler goes by. */
async function untilTainted(node: string, isTainted: boolean): Promise<void> {
  await untilObject<V1Node>(pathOf('nodes', undefined, node), (object) => {
    const taints = object?.spec?.taints ?? [];
    return taints.some(({ key }) => key === 'node.kubernetes.io/unschedulable') === isTainted;
  });
}
