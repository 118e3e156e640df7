/** Small workloads to work on: busybox that ends at once when told to. */
import type { V1DaemonSet, V1Deployment, V1Node, V1Pod, V1StatefulSet } from '@kubernetes/client-node';
import { create, list, pathOf, untilObject } from './cluster.ts';

export const BUSYBOX = 'docker.io/library/busybox:1.37';

export interface WorkloadOptions {
  readonly replicas?: number;
  readonly image?: string;
  /** Further fields of the workload's spec. */
  readonly spec?: Record<string, unknown>;
  /** Further fields of its pods' spec. */
  readonly podSpec?: Record<string, unknown>;
  /** Of its container. */
  readonly volumeMounts?: readonly object[];
  readonly annotations?: Record<string, string>;
  readonly labels?: Record<string, string>;
  /** What the container runs instead of waiting. */
  readonly script?: string;
}

function podTemplate(name: string, options: WorkloadOptions) {
  const script = options.script ?? "trap 'exit 0' TERM; sleep 2147483647 & wait";
  return {
    metadata: { labels: { app: name } },
    spec: {
      ...options.podSpec,
      terminationGracePeriodSeconds: 2,
      containers: [
        {
          name: 'app',
          image: options.image ?? BUSYBOX,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', script],
          resources: { requests: { cpu: '1m', memory: '4Mi' } },
          volumeMounts: options.volumeMounts ?? [],
        },
      ],
    },
  };
}

function workload(kind: string, name: string, options: WorkloadOptions, extra: Record<string, unknown>) {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, annotations: options.annotations ?? {}, labels: options.labels ?? {} },
    spec: { selector: { matchLabels: { app: name } }, template: podTemplate(name, options), ...extra },
  };
}

/** Creates a Deployment and resolves with it when all its pods are available. */
export async function deploy(
  namespace: string,
  name: string,
  options: WorkloadOptions = {},
): Promise<V1Deployment> {
  const replicas = options.replicas ?? 1;
  const extra = { replicas, ...options.spec };
  await create(pathOf('deployments', namespace), workload('Deployment', name, options, extra));
  return await untilAvailable(namespace, name, replicas);
}

/** A Deployment with a pod on every node and room for no other; resolves with the number of its replicas. */
export async function deployOnEveryNode(namespace: string, name: string): Promise<number> {
  const nodes = await list<V1Node>(pathOf('nodes'));
  const isOpen = ({ spec }: V1Node) =>
    !spec?.unschedulable && !spec?.taints?.some(({ effect }) => effect !== 'PreferNoSchedule');
  const replicas = nodes.filter(isOpen).length;
  const apart = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: name } } };
  const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [apart] };
  await deploy(namespace, name, { replicas, podSpec: { affinity: { podAntiAffinity } } });
  return replicas;
}

/** Resolves when the Deployment's rollout is complete with this many replicas. */
export async function untilAvailable(
  namespace: string,
  name: string,
  replicas: number,
): Promise<V1Deployment> {
  const found = await untilObject<V1Deployment>(
    pathOf('deployments', namespace, name),
    (object) => object !== undefined && isComplete(object, replicas),
  );
  if (found === undefined) throw new Error(`deployment ${namespace}/${name} vanished`);
  return found;
}

function isComplete({ metadata, spec, status }: V1Deployment, replicas: number): boolean {
  const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas];
  const observed = status?.observedGeneration === metadata?.generation;
  return observed && spec?.replicas === replicas && counts.every((count) => (count ?? 0) === replicas);
}

/** Creates a StatefulSet of `replicas` and resolves when they are ready. */
export async function deployStatefulSet(
  namespace: string,
  name: string,
  replicas: number,
  options: WorkloadOptions = {},
): Promise<void> {
  const extra = { replicas, serviceName: name, ...options.spec };
  await create(pathOf('statefulsets', namespace), workload('StatefulSet', name, options, extra));
  await untilObject<V1StatefulSet>(
    pathOf('statefulsets', namespace, name),
    (object) => object?.status?.readyReplicas === replicas,
  );
}

/** Creates a DaemonSet and resolves when it is ready on every node. */
export async function deployDaemonSet(namespace: string, name: string): Promise<void> {
  await create(pathOf('daemonsets', namespace), workload('DaemonSet', name, {}, {}));
  await untilObject<V1DaemonSet>(pathOf('daemonsets', namespace, name), (object) => {
    const wanted = object?.status?.desiredNumberScheduled ?? 0;
    return wanted > 0 && object?.status?.numberAvailable === wanted;
  });
}

/** Creates a pod that nothing would recreate and resolves when it is ready. */
export async function startPod(namespace: string, name: string): Promise<V1Pod> {
  const template = podTemplate(name, {});
  const body = { apiVersion: 'v1', kind: 'Pod', ...template, metadata: { ...template.metadata, name } };
  await create(pathOf('pods', namespace), body);
  const ready = (object: V1Pod | undefined) =>
    object?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  const found = await untilObject<V1Pod>(pathOf('pods', namespace, name), ready);
  if (found === undefined) throw new Error(`pod ${namespace}/${name} vanished`);
  return found;
}
