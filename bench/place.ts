/** Namespaces to measure in: one that has opted in to the action, one whose default ServiceAccount may scale by itself. */
import type { V1Pod } from '@kubernetes/client-node';
import {
  callerRoleOf,
  clusterRoleOf,
  EXECUTOR_NAMESPACE,
  LABEL,
  LOCK_NAMESPACE,
  POD_REHEARSER,
  serviceAccountOf,
} from '../src/plan/names.ts';
import type { Administrator, ServerAddress } from './administrator.ts';

export const BUSYBOX = 'docker.io/library/busybox:1.37';
const ACTION = 'scale-deployment';

export interface Place extends AsyncDisposable {
  readonly namespace: string;
  /** Of whoever starts the change here, as text; JSON is YAML. */
  readonly kubeconfig: string;
  readonly token: string;
  /** Creates Deployments of `replicas`, and resolves when they are at rest. */
  deploy(names: readonly string[], replicas: number): Promise<void>;
  /** Resolves when a Deployment has this many pods, all of them ready, and none on its way out. */
  untilAtRest(name: string, replicas: number): Promise<void>;
}

/** A namespace whose caller may have the action scale, by the shipped roles. */
export function openActionPlace(admin: Administrator): Promise<Place> {
  return openPlace(admin, (namespace) => {
    const caller = account('caller', namespace);
    const role = { kind: 'Role', name: 'kubernetes-executor-caller' };
    const acting = account(serviceAccountOf(ACTION), EXECUTOR_NAMESPACE);
    const rehearsing = account(POD_REHEARSER, EXECUTOR_NAMESPACE);
    return [
      binding(EXECUTOR_NAMESPACE, namespace, role, caller),
      binding(LOCK_NAMESPACE, namespace, role, caller),
      binding(namespace, 'action', clusterRole(clusterRoleOf(ACTION)), acting),
      binding(namespace, 'callers', clusterRole(callerRoleOf(ACTION)), caller),
      binding(namespace, 'rehearse-pods', clusterRole(clusterRoleOf(POD_REHEARSER)), rehearsing),
    ];
  });
}

/** A namespace where a script's Job scales under the ServiceAccount that `kubectl create job` gives it. */
export function openScriptPlace(admin: Administrator): Promise<Place> {
  return openPlace(admin, (namespace) => [
    binding(namespace, 'scale', clusterRole('edit'), account('default', namespace)),
    binding(namespace, 'caller', clusterRole('edit'), account('caller', namespace)),
  ]);
}

async function openPlace(
  admin: Administrator,
  bindings: (namespace: string) => readonly object[],
): Promise<Place> {
  const namespace = `bench-${crypto.randomUUID().slice(0, 8)}`;
  const caller = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'caller', namespace },
  };
  await admin.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  await admin.apply([caller, ...bindings(namespace)]);
  const token = await admin.kubectl('create', 'token', 'caller', '-n', namespace, '--duration=4h');
  return {
    namespace,
    token,
    kubeconfig: kubeconfigOf(admin.cluster, namespace, token),
    untilAtRest: (name, replicas) => untilAtRest(admin, { namespace, name }, replicas),
    deploy: async (names, replicas) => {
      await admin.apply(names.map((name) => deployment(namespace, name, replicas)));
      for (const name of names) await untilAtRest(admin, { namespace, name }, replicas);
    },
    [Symbol.asyncDispose]: async () => {
      const foreign = bindings(namespace).filter((object) => !isWithin(object, namespace));
      await admin.kubectl('delete', 'namespace', namespace, '--wait=false');
      for (const { metadata } of foreign as readonly { metadata: { name: string; namespace: string } }[])
        await admin.kubectl('delete', 'rolebinding', metadata.name, '-n', metadata.namespace);
      const own = `--selector=${LABEL.namespace}=${namespace}`;
      await admin.kubectl('delete', 'jobs', own, '-n', EXECUTOR_NAMESPACE, '--wait=false');
    },
  };
}

/** A kubeconfig of whoever holds the token, for this address or for that of a proxy before it. */
export function kubeconfigOf(address: ServerAddress, namespace: string, token: string): string {
  const { server, certificateAuthority, serverName } = address;
  const cluster = {
    server,
    'certificate-authority-data': certificateAuthority,
    ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'bench', cluster }],
    users: [{ name: 'caller', user: { token } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'caller', namespace } }],
    'current-context': 'bench',
  });
}

interface Account {
  readonly kind: 'ServiceAccount';
  readonly name: string;
  readonly namespace: string;
}

function account(name: string, namespace: string): Account {
  return { kind: 'ServiceAccount', name, namespace };
}

function clusterRole(name: string): { readonly kind: string; readonly name: string } {
  return { kind: 'ClusterRole', name };
}

function binding(
  namespace: string,
  name: string,
  role: { readonly kind: string; readonly name: string },
  subject: Account,
): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...role },
    subjects: [subject],
  };
}

function isWithin(object: object, namespace: string): boolean {
  return (object as { metadata: { namespace?: string } }).metadata.namespace === namespace;
}

function deployment(namespace: string, name: string, replicas: number): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'app',
              image: BUSYBOX,
              imagePullPolicy: 'IfNotPresent',
              command: ['sh', '-c', "trap 'exit 0' TERM; sleep 2147483647 & wait"],
              resources: { requests: { cpu: '1m', memory: '4Mi' } },
            },
          ],
        },
      },
    },
  };
}

async function untilAtRest(
  admin: Administrator,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  replicas: number,
): Promise<void> {
  const pods = { path: `/api/v1/namespaces/${namespace}/pods`, query: `labelSelector=app%3D${name}` };
  await admin.until<V1Pod>(pods, (all) => all.length === replicas && all.every(isReady));
}

function isReady({ metadata, status }: V1Pod): boolean {
  const isStaying = metadata?.deletionTimestamp === undefined;
  return (
    isStaying &&
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true
  );
}
