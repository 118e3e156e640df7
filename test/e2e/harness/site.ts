/** A place for one test: a namespace, a caller of its own under the shipped role, and what both opted in to. */
import type { V1Namespace } from '@kubernetes/client-node';
import { type Binding, bind, unbind } from './bindings.ts';
import { create, pathOf, read, remove, untilObject } from './cluster.ts';
import { type Inputs, type RunningStep, type Step, type StepOptions, startStep } from './run-action.ts';
import { type ClusterUnderTest, clusterUnderTest } from './under-test.ts';

export const ACTIONS = ['scale-deployment', 'rollout-restart', 'restart-pod'] as const;
export const EXECUTOR_NAMESPACE = 'kubernetes-executor';
export const LOCK_NAMESPACE = 'kubernetes-executor-locks';

/** They rehearse in Jobs, under an identity of their own. */
const TOUCHING_SECRETS = ['update-secret'];

export interface Site {
  readonly namespace: string;
  /** A kubeconfig of the caller, as text; its context names the namespace. */
  readonly kubeconfig: string;
  readonly token: string;
  /** The whole step, main and post, with the caller's kubeconfig and the namespace unless the inputs say otherwise. */
  run(inputs: Inputs, options?: StepOptions): Promise<Step>;
  /** The same, to be watched or ended while it runs. */
  start(inputs: Inputs, options?: StepOptions): RunningStep;
  /** Takes back one of the two bindings of an action. */
  revoke(who: 'action' | 'caller', action: string): Promise<void>;
  /** Leaves the caller the right to plan an action, without that to execute it. */
  demoteToPlan(action: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens a site in which `actions` are bound, for the action's ServiceAccount and for the caller. */
export async function openSite(actions: readonly string[] = ACTIONS): Promise<Site> {
  const namespace = `e2e-${crypto.randomUUID().slice(0, 13)}`;
  await create<V1Namespace>(pathOf('namespaces'), { metadata: { name: namespace } });
  await create(pathOf('serviceaccounts', namespace), { metadata: { name: 'caller' } });
  await Promise.all([
    allowCaller(namespace),
    allowPodRehearsal(namespace),
    // Without it no pod is admitted, nor the rehearsal of one; a controller makes it.
    untilObject(pathOf('serviceaccounts', namespace, 'default'), (account) => account !== undefined),
    ...actions.flatMap((action) => optIn(namespace, action)),
  ]);
  const token = await requestToken(namespace, 'caller', LONG_SECONDS);
  const kubeconfig = kubeconfigOf(namespace, token);
  const start = (inputs: Inputs, options: StepOptions = {}) =>
    startStep({ kubeconfig, namespace, ...inputs }, options);
  return {
    namespace,
    kubeconfig,
    token,
    start,
    run: (inputs, options) => start(inputs, options).finished,
    demoteToPlan: (action) => demoteToPlan(namespace, action),
    revoke: (who, action) => unbind(namespace, `${who}-${action}`),
    close: async () => {
      await remove(pathOf('rolebindings', EXECUTOR_NAMESPACE, namespace));
      await remove(pathOf('rolebindings', LOCK_NAMESPACE, namespace));
      await remove(pathOf('namespaces', undefined, namespace));
    },
  };
}

async function allowCaller(namespace: string): Promise<void> {
  await bindCaller(EXECUTOR_NAMESPACE, namespace);
  await bindCaller(LOCK_NAMESPACE, namespace);
}

async function bindCaller(where: string, namespace: string): Promise<void> {
  const role = { kind: 'Role', name: 'kubernetes-executor-caller' } as const;
  await bind(where, bindingOf(namespace, role, { name: 'caller', namespace }));
}

/** Gives a site's caller back what was taken from it; its old tokens stay dead. */
export async function restoreCaller(namespace: string): Promise<void> {
  const account = pathOf('serviceaccounts', namespace, 'caller');
  if ((await read(account)) === undefined)
    await create(pathOf('serviceaccounts', namespace), { metadata: { name: 'caller' } });
  for (const where of [EXECUTOR_NAMESPACE, LOCK_NAMESPACE])
    if ((await read(pathOf('rolebindings', where, namespace))) === undefined)
      await bindCaller(where, namespace);
}

async function allowPodRehearsal(namespace: string): Promise<void> {
  const role = { kind: 'ClusterRole', name: 'kubernetes-executor:rehearse-pods' } as const;
  const account = { name: 'rehearse-pods', namespace: EXECUTOR_NAMESPACE };
  await bind(namespace, bindingOf('rehearse-pods', role, account));
}

/** The two bindings with which a namespace opts in, as the README shows them. */
function optIn(namespace: string, action: string): readonly Promise<void>[] {
  const role = { kind: 'ClusterRole', name: `kubernetes-executor:${action}` } as const;
  const execute = { kind: 'ClusterRole', name: `kubernetes-executor:${action}:execute` } as const;
  const accounts = ['', ...(TOUCHING_SECRETS.includes(action) ? ['-rehearse'] : [])].map((suffix) => ({
    name: `action-${action}${suffix}`,
    namespace: EXECUTOR_NAMESPACE,
  }));
  return [
    bind(namespace, bindingOf(`action-${action}`, role, ...accounts)),
    bind(namespace, bindingOf(`caller-${action}`, execute, { name: 'caller', namespace })),
  ];
}

async function demoteToPlan(namespace: string, action: string): Promise<void> {
  await unbind(namespace, `caller-${action}`);
  const rule = {
    apiGroups: ['kubernetesexecution.kubernaut.io'],
    resources: ['actions'],
    resourceNames: [action],
    verbs: ['plan'],
  };
  const name = `plan-${action}`;
  await create(pathOf('roles', namespace), { metadata: { name }, rules: [rule] });
  await bind(namespace, bindingOf(name, { kind: 'Role', name }, { name: 'caller', namespace }));
}

interface Account {
  readonly name: string;
  readonly namespace: string;
}

/** A RoleBinding, or a ClusterRoleBinding, for these ServiceAccounts. */
export function bindingOf(
  name: string,
  roleRef: Binding['roleRef'],
  ...accounts: readonly Account[]
): Binding {
  const subjects = accounts.map((account) => ({ kind: 'ServiceAccount', ...account }));
  return { metadata: { name }, roleRef, subjects };
}

/** Of a token that outlives all tests of a file, however long they take. */
export const LONG_SECONDS = 3600;

/** A token that isn't bound to a pod; it lives ten minutes, as policy asks of those of action ServiceAccounts, unless told. */
export async function requestToken(
  namespace: string,
  account: string,
  expirationSeconds = 600,
): Promise<string> {
  const path = `${pathOf('serviceaccounts', namespace, account)}/token`;
  const answer = await create<{ status: { token: string } }>(path, { spec: { expirationSeconds } });
  return answer.status.token;
}

/** The API server itself, unless something stands before it. */
export type ServerAddress = Pick<ClusterUnderTest, 'server' | 'certificateAuthority'>;

/** A kubeconfig of whoever holds the token; JSON is YAML. */
export function kubeconfigOf(
  namespace: string,
  token: string,
  { server, certificateAuthority }: ServerAddress = clusterUnderTest(),
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': certificateAuthority } }],
    users: [{ name: 'caller', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'caller', namespace } }],
    'current-context': 'test',
  });
}
