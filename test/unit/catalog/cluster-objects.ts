/** Objects as an API server returns them, cut down to what the product reads. All live in namespace shop. */
import type { KubernetesObject, OwnerReference, ResourcePath } from '../../../src/plan/objects.ts';
import { readPointer } from '../../../src/plan/pointer.ts';

export const NAMESPACE = 'shop';

interface Overrides {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

const TEMPLATE = {
  metadata: { labels: { app: 'web' }, annotations: { team: 'shop' } },
  spec: { containers: [{ name: 'app', image: 'web:1' }] },
};

/** Two replicas, all available, generation 4. */
export function deployment(over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: NAMESPACE, uid: 'uid-deployment', generation: 4, ...over.metadata },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: TEMPLATE, ...over.spec },
    status: {
      observedGeneration: 4,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      ...over.status,
    },
  };
}

export function statefulSet(over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: NAMESPACE, uid: 'uid-statefulset', generation: 4, ...over.metadata },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'db' } },
      template: { ...TEMPLATE, metadata: { labels: { app: 'db' } } },
      updateStrategy: { type: 'RollingUpdate' },
      ...over.spec,
    },
    status: {
      observedGeneration: 4,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      updatedReplicas: 3,
      currentRevision: 'db-1',
      updateRevision: 'db-1',
      ...over.status,
    },
  };
}

export function daemonSet(over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: NAMESPACE, uid: 'uid-daemonset', generation: 4, ...over.metadata },
    spec: {
      selector: { matchLabels: { app: 'agent' } },
      template: { ...TEMPLATE, metadata: { labels: { app: 'agent' } } },
      updateStrategy: { type: 'RollingUpdate' },
      ...over.spec,
    },
    status: {
      observedGeneration: 4,
      desiredNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
      ...over.status,
    },
  };
}

/** Of deployment/web, so its pods are named after it. */
export function replicaSet(over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: 'web-5d4f8c7b9d',
      namespace: NAMESPACE,
      uid: 'uid-replicaset',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-deployment', controller: true },
      ],
      ...over.metadata,
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web', 'pod-template-hash': '5d4f8c7b9d' } },
      template: TEMPLATE,
      ...over.spec,
    },
    status: { replicas: 2, ...over.status },
  };
}

/** Ready, and of the ReplicaSet above unless told. */
export function pod(name: string, over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: NAMESPACE,
      uid: `uid-${name}`,
      labels: { app: 'web', 'pod-template-hash': '5d4f8c7b9d' },
      ownerReferences: ownedBy('ReplicaSet', 'web-5d4f8c7b9d', 'uid-replicaset'),
      ...over.metadata,
    },
    spec: { containers: [{ name: 'app', image: 'web:1' }], ...over.spec },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...over.status },
  };
}

/** Of the pods of deployment/web. */
export function service(name: string, over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE, uid: `uid-service-${name}`, ...over.metadata },
    spec: { selector: { app: 'web' }, type: 'ClusterIP', ...over.spec },
  };
}

export function configMap(
  name: string,
  {
    metadata,
    ...fields
  }: { readonly metadata?: object; readonly data?: object; readonly [field: string]: unknown } = {},
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: NAMESPACE, uid: `uid-configmap-${name}`, ...metadata },
    data: { color: 'blue' },
    ...fields,
  };
}

/** With `data` in clear. */
export function secret(
  name: string,
  data: Readonly<Record<string, string>> = { password: 'old' },
  fields: object = {},
): KubernetesObject {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: NAMESPACE, uid: `uid-secret-${name}`, resourceVersion: '7' },
    type: 'Opaque',
    ...(encoded.length === 0 ? {} : { data: Object.fromEntries(encoded) }),
    ...fields,
  };
}

export function ownedBy(
  kind: string,
  name: string,
  uid: string,
  apiVersion = 'apps/v1',
): readonly OwnerReference[] {
  return [{ apiVersion, kind, name, uid, controller: true }];
}

const KINDS: Readonly<Record<string, string>> = {
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  replicasets: 'ReplicaSet',
  controllerrevisions: 'ControllerRevision',
  pods: 'Pod',
  jobs: 'Job',
  services: 'Service',
  configmaps: 'ConfigMap',
  secrets: 'Secret',
  nodes: 'Node',
  poddisruptionbudgets: 'PodDisruptionBudget',
  customresourcedefinitions: 'CustomResourceDefinition',
  horizontalpodautoscalers: 'HorizontalPodAutoscaler',
  priorityclasses: 'PriorityClass',
  namespaces: 'Namespace',
  resourcequotas: 'ResourceQuota',
};

/** Whether the object is served at this path or in this collection. */
export function isAt(object: KubernetesObject, path: ResourcePath): boolean {
  return (
    object.apiVersion === (path.group === '' ? path.version : `${path.group}/${path.version}`) &&
    object.kind === KINDS[path.resource] &&
    // A collection without a namespace is that of all of them.
    (object.metadata.namespace === path.namespace ||
      (path.namespace === undefined && path.name === undefined)) &&
    (path.name === undefined || path.name === object.metadata.name)
  );
}

/** Equalities alone, as the workloads here have them. */
export function isSelected(object: KubernetesObject, labelSelector: string | undefined): boolean {
  return (labelSelector ?? '').split(',').every((term) => {
    const [name = '', value] = term.split('=');
    return name === '' || object.metadata.labels?.[name] === value;
  });
}

/** As in `spec.nodeName=node-1`. */
export function hasFields(object: KubernetesObject, fieldSelector: string | undefined): boolean {
  return (fieldSelector ?? '').split(',').every((term) => {
    const [name = '', value] = term.split('=');
    return name === '' || readPointer(object, `/${name.replaceAll('.', '/')}`) === value;
  });
}

/** Ready, schedulable, and of no special kind. */
export function node(name: string, over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, ...over.metadata },
    spec: { ...over.spec },
    status: { conditions: [{ type: 'Ready', status: 'True' }], ...over.status },
  };
}

/** Of deployment/web, whose budget it is: one of two may go. */
export function budget(name: string, over: Overrides = {}): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: NAMESPACE, uid: `uid-${name}`, generation: 1, ...over.metadata },
    spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 1, ...over.spec },
    status: {
      observedGeneration: 1,
      expectedPods: 2,
      currentHealthy: 2,
      desiredHealthy: 1,
      disruptionsAllowed: 1,
      ...over.status,
    },
  };
}
