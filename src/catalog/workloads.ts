/** The kinds that several actions are about, and what those on Deployments, StatefulSets and DaemonSets share. */
import { isRecord, isStringMap } from '../plan/json.ts';
import { selectorText } from '../plan/labels.ts';
import type { KubernetesObject, ObjectRef, ResourcePath } from '../plan/objects.ts';
import { groupVersionOf, say } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { PodTemplate, PolicyRule, Question, Refusal, TargetKind } from './action.ts';

export const DEPLOYMENT: TargetKind = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  resource: 'deployments',
  shortNames: ['deploy', 'deployment', 'deployments'],
};
export const STATEFUL_SET: TargetKind = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  shortNames: ['sts', 'statefulset', 'statefulsets'],
};
export const DAEMON_SET: TargetKind = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  shortNames: ['ds', 'daemonset', 'daemonsets'],
};
export const REPLICA_SET: TargetKind = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  shortNames: ['rs', 'replicaset', 'replicasets'],
};
export const JOB: TargetKind = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  resource: 'jobs',
  shortNames: ['job', 'jobs'],
};
export const POD: TargetKind = {
  apiVersion: 'v1',
  kind: 'Pod',
  resource: 'pods',
  shortNames: ['po', 'pod', 'pods'],
};
export const SERVICE: TargetKind = {
  apiVersion: 'v1',
  kind: 'Service',
  resource: 'services',
  shortNames: ['svc', 'service', 'services'],
};
export const CONFIG_MAP: TargetKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  resource: 'configmaps',
  shortNames: ['cm', 'configmap', 'configmaps'],
};

/** Every action that changes a namespace reads it, for its environment, and the pods it moves. */
export const READ_NAMESPACE: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
];

/** With it the step looks who else sets the replicas, for the gate `autoscaler`. */
export const READ_AUTOSCALERS: PolicyRule = {
  apiGroups: ['autoscaling'],
  resources: ['horizontalpodautoscalers'],
  verbs: ['list'],
};

export function targetPath(question: Question<unknown>): ResourcePath {
  return pathOf(question.kind, question.namespace, question.name);
}

/** Without a namespace where that is empty. */
export function pathOf(kind: TargetKind, namespace: string, name?: string): ResourcePath {
  return {
    ...groupVersionOf(kind.apiVersion),
    resource: kind.resource,
    ...(namespace === '' ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

export function refOf(kind: TargetKind, object: KubernetesObject): ObjectRef & { readonly uid: string } {
  const { name, namespace, uid } = object.metadata;
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    uid,
  };
}

export function notFound(question: Question<unknown>): Refusal {
  const where = question.namespace === '' ? '' : ` in namespace ${question.namespace}`;
  return {
    kind: 'refusal',
    reasonCode: 'target-not-found',
    message: `${say({ kind: question.kind.kind, name: question.name })} does not exist${where}. Check the name${where === '' ? '' : ', the namespace'} and that the context is of the right cluster.`,
  };
}

export function podSelectorOf(workload: KubernetesObject): string {
  return selectorText(readPointer(workload, '/spec/selector'));
}

/** `replaces`: the new pods take the place of old ones. */
export function podTemplateOf(kind: TargetKind, workload: KubernetesObject, replaces: boolean): PodTemplate {
  const labels = readPointer(workload, '/spec/template/metadata/labels');
  const annotations = readPointer(workload, '/spec/template/metadata/annotations');
  const spec = readPointer(workload, '/spec/template/spec');
  return {
    namespace: workload.metadata.namespace ?? '',
    of: refOf(kind, workload),
    replaces,
    metadata: {
      ...(isStringMap(labels) ? { labels } : {}),
      ...(isStringMap(annotations) ? { annotations } : {}),
    },
    spec: isRecord(spec) ? { ...spec, ...withClaims(workload, spec['volumes']) } : {},
  };
}

/** A StatefulSet's controller adds the volumes of its claims to each pod, in place of volumes of the same name. */
function withClaims(workload: KubernetesObject, volumes: unknown): { readonly volumes?: readonly unknown[] } {
  const templates = readPointer(workload, '/spec/volumeClaimTemplates');
  if (!Array.isArray(templates)) return {};
  const names: readonly string[] = templates.map((template) => textAt(template, '/metadata/name'));
  const others = Array.isArray(volumes)
    ? volumes.filter((volume) => !names.includes(textAt(volume, '/name')))
    : [];
  const claims = names.map((name) => ({
    name,
    persistentVolumeClaim: { claimName: `${name}-${workload.metadata.name}-0` },
  }));
  return { volumes: [...others, ...claims] };
}

/** `verify-timeout` of what replaces pods one by one; within a run-timeout of ten minutes it leaves an undo its time. */
export const ROLLOUT_SECONDS = 540;
