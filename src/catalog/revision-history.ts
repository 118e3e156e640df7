/** Earlier pod templates of a workload, as its controller keeps them: in ReplicaSets or ControllerRevisions. */
import { sameJson } from '../plan/canonical.ts';
import { isRecord } from '../plan/json.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer } from '../plan/pointer.ts';
import type { PolicyRule, Question, Read, Snapshot, TargetKind } from './action.ts';
import { pathOf, podSelectorOf, REPLICA_SET } from './workloads.ts';

export const READ_HISTORY: PolicyRule = {
  apiGroups: ['apps'],
  resources: ['replicasets', 'controllerrevisions'],
  verbs: ['get', 'list'],
};

const CONTROLLER_REVISION: TargetKind = {
  apiVersion: 'apps/v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  shortNames: [],
};
/** Which ReplicaSet a pod is of; its controller sets it, and no Deployment may have it. */
const HASH_LABEL = 'pod-template-hash';
const REVISION = '/metadata/annotations/deployment.kubernetes.io~1revision';

export interface Revision {
  readonly number: number;
  /** The pod template as the workload would have it. */
  readonly template: unknown;
  readonly isCurrent: boolean;
}

export function readHistory(
  question: Question<unknown>,
  workload: KubernetesObject,
): Extract<Read, { kind: 'list' }> {
  const kind = question.kind.kind === 'Deployment' ? REPLICA_SET : CONTROLLER_REVISION;
  return { kind: 'list', path: pathOf(kind, question.namespace), labelSelector: podSelectorOf(workload) };
}

/** Newest first. */
export function historyOf(
  question: Question<unknown>,
  workload: KubernetesObject,
  seen: Snapshot,
): readonly Revision[] {
  const { path, labelSelector } = readHistory(question, workload);
  const live = readPointer(workload, '/spec/template');
  return (seen.list(path, labelSelector) ?? [])
    .filter((object) => isOwnedBy(object, workload))
    .map((object) => ({ number: numberOf(object), template: templateOf(object, workload) }))
    .filter(({ number, template }) => number > 0 && template !== undefined)
    .toSorted((one, other) => other.number - one.number)
    .map((revision, index) => ({
      ...revision,
      isCurrent: sameJson(revision.template, live) || (index === 0 && isRecorded(workload)),
    }));
}

function isOwnedBy(object: KubernetesObject, workload: KubernetesObject): boolean {
  const owners = object.metadata.ownerReferences ?? [];
  return owners.some((owner) => owner.controller === true && owner.uid === workload.metadata.uid);
}

/** The controller has seen the newest template, so it is the newest revision. */
function isRecorded(workload: KubernetesObject): boolean {
  return readPointer(workload, '/status/observedGeneration') === workload.metadata.generation;
}

function numberOf(object: KubernetesObject): number {
  return Number(readPointer(object, REVISION) ?? readPointer(object, '/revision') ?? 0);
}

/** Of a ControllerRevision, the data is a strategic merge patch that replaces the template. */
function templateOf(object: KubernetesObject, workload: KubernetesObject): unknown {
  const template = readPointer(object, '/data/spec/template') ?? readPointer(object, '/spec/template');
  const metadata = readPointer(template, '/metadata');
  if (!isRecord(template) || !isRecord(metadata)) return undefined;
  const { $patch: _directive, ...kept } = template;
  return { ...kept, metadata: asInWorkload(metadata, workload) };
}

/** Servers write `creationTimestamp: null` into templates or leave it out, and a revision may be of an older server. */
function asInWorkload(
  { creationTimestamp: _unset, ...metadata }: Readonly<Record<string, unknown>>,
  workload: KubernetesObject,
): unknown {
  const dated = readPointer(workload, '/spec/template/metadata/creationTimestamp') === null;
  const { [HASH_LABEL]: _ofReplicaSet, ...labels } = isRecord(metadata['labels']) ? metadata['labels'] : {};
  return { ...metadata, labels, ...(dated ? { creationTimestamp: null } : {}) };
}
