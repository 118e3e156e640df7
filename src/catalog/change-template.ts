/** A change of a workload's pod template: what it is refused for, how it is verified, and its undo. */
import {
  applyFields,
  changeFields,
  type FieldsRequest,
  type FieldTest,
  invertFields,
  undoFields,
} from '../plan/change-fields.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import { partitionOf } from '../plan/partition.ts';
import type { Check, FieldChange, UndoCheck } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import { replicasOf } from '../plan/replicas.ts';
import type { PlanDraft, PolicyRule, Refusal, TargetKind, WritableFields } from './action.ts';
import {
  DAEMON_SET,
  DEPLOYMENT,
  pathOf,
  podSelectorOf,
  podTemplateOf,
  refOf,
  STATEFUL_SET,
} from './workloads.ts';

/** The kinds whose controllers roll out a changed pod template by themselves. */
export const ROLLED_OUT: readonly TargetKind[] = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET];

export const CHANGE_WORKLOADS: PolicyRule = {
  apiGroups: ['apps'],
  resources: ROLLED_OUT.map(({ resource }) => resource),
  verbs: ['get', 'list', 'watch', 'patch'],
};

/** The API server itself counts a DaemonSet's templates in an annotation, which admission sees as a change. */
const TEMPLATE_GENERATION = ['metadata', 'annotations', 'deprecated.daemonset.template.generation'];

/** `paths` are those of the pod template that the action writes. */
export function templateWritableFields(
  kind: TargetKind,
  paths: readonly (readonly string[])[],
): WritableFields {
  return {
    apiGroup: 'apps',
    version: 'v1',
    resource: kind.resource,
    paths: kind.kind === 'DaemonSet' ? [...paths, TEMPLATE_GENERATION] : paths,
  };
}

export interface TemplateChange {
  readonly kind: TargetKind;
  readonly workload: KubernetesObject;
  /** What is done to the workload, with its name and namespace. */
  readonly summary: string;
  /** Of the request alone, and of the one that takes it back. */
  readonly change: string;
  readonly takeBack: string;
  /** None where the template already is as asked. */
  readonly fields: readonly FieldChange[];
  readonly alsoTest?: readonly FieldTest[];
  /** The fields as they are told from those that others write beside them; without it `fields`. */
  readonly written?: readonly FieldChange[];
  readonly notes: readonly string[];
}

export function planTemplateChange(change: TemplateChange): PlanDraft | Refusal {
  const { kind, workload, fields } = change;
  const refusal = refuseRollout(kind, workload);
  if (refusal) return refusal;
  const target = refOf(kind, workload);
  const object = pathOf(kind, target.namespace ?? '', target.name);
  const changes = fields.length > 0;
  const request = fieldsRequest(object, change);
  return {
    kind: 'plan',
    target,
    summary: change.summary,
    requests: changes ? [changeFields(request)] : [],
    checks: [{ ...rolloutComplete(object, workload), ...(changes ? { written: writtenBy(change) } : {}) }],
    undo: {
      kind: 'requests',
      requests: changes ? [{ ...undoFields(request, change.takeBack), undoes: 0 }] : [],
      checks: undoChecks(object, workload, fields),
    },
    locks: [target],
    notes: [...change.notes, ...(changes ? [...partitionNotes(workload), ...undoNotes(workload)] : [])],
    podTemplates: changes ? [podTemplateOf(kind, afterwards(workload, fields), true)] : [],
    podsAffected: changes ? podsOf(kind, workload) : 0,
  };
}

/** kubectl refuses these as well: nothing would begin to change. */
function refuseRollout(kind: TargetKind, workload: KubernetesObject): Refusal | undefined {
  const name = say({ kind: kind.kind, name: workload.metadata.name });
  if (readPointer(workload, '/spec/paused') === true) {
    return {
      kind: 'refusal',
      reasonCode: 'rollout-paused',
      message: `${name} is paused, so its rollout would not begin. Resume it first: kubectl rollout resume ${name} -n ${workload.metadata.namespace ?? ''}`,
    };
  }
  const [partition, replicas] = [partitionOf(workload), replicasOf(workload)];
  if (replicas > 0 && partition >= replicas) {
    return {
      kind: 'refusal',
      reasonCode: 'target-unsuitable',
      message: `${name} has the partition ${partition} and ${replicas} replicas: no pod would get the new template. Lower spec.updateStrategy.rollingUpdate.partition first.`,
    };
  }
  if (readPointer(workload, '/spec/updateStrategy/type') === 'OnDelete') {
    return {
      kind: 'refusal',
      reasonCode: 'target-unsuitable',
      message: `${name} has the update strategy OnDelete: its pods are replaced only when somebody deletes them. Change it by hand, where there is something to change, and restart its pods one by one with restart-pod.`,
    };
  }
  return undefined;
}

function partitionNotes(workload: KubernetesObject): readonly string[] {
  const partition = partitionOf(workload);
  return partition === 0
    ? []
    : [
        `Its partition is ${partition}: pods of a smaller number keep the template that they have, and are not replaced.`,
      ];
}

function writtenBy({ written, fields }: TemplateChange): readonly FieldChange[] {
  return (written ?? fields).map(({ pointer, after }) => ({
    pointer,
    ...(after === undefined ? {} : { after }),
  }));
}

/** Not the generation, which moves whenever somebody scales it: what a rollout needs is tested. */
function fieldsRequest(object: ResourcePath, { kind, workload, ...change }: TemplateChange): FieldsRequest {
  const ruling = kind.kind === 'Deployment' ? '/spec/paused' : '/spec/updateStrategy';
  return {
    summary: change.change,
    object,
    uid: workload.metadata.uid,
    testBefore: [{ pointer: ruling, value: readPointer(workload, ruling) ?? null }],
    fields: change.fields,
    ...(change.alsoTest === undefined ? {} : { alsoTest: change.alsoTest }),
  };
}

function rolloutComplete(object: ResourcePath, workload: KubernetesObject): Check {
  return { kind: 'rollout-complete', object, podSelector: podSelectorOf(workload) };
}

/** A workload whose rollout was not complete before can't be asked to be so after the undo. */
function undoChecks(
  object: ResourcePath,
  workload: KubernetesObject,
  fields: readonly FieldChange[],
): readonly UndoCheck[] {
  return [
    { kind: 'fields-equal', object, fields: invertFields(fields) },
    { ...rolloutComplete(object, workload), heldBefore: isComplete(workload) },
  ];
}

function undoNotes(workload: KubernetesObject): readonly string[] {
  const waits = readPointer(workload, '/spec/podManagementPolicy') === 'OrderedReady';
  return [
    'Undo returns to the template before; pods that were replaced meanwhile stay replaced.',
    ...(waits
      ? [
          'An ordered StatefulSet waits for a pod that can not start even after an undo: such a pod must be deleted by hand.',
        ]
      : []),
  ];
}

function afterwards(workload: KubernetesObject, fields: readonly FieldChange[]): KubernetesObject {
  const spec = readPointer(applyFields(workload, fields), '/spec');
  return { ...workload, spec };
}

/** All pods available and of the template as it is: amid a rollout, or stuck in one, the old pods may all be there. */
function isComplete(workload: KubernetesObject): boolean {
  const count = (...fields: readonly string[]): unknown =>
    fields.map((field) => readPointer(workload, `/status/${field}`)).find((value) => value !== undefined) ??
    0;
  const wanted = readPointer(workload, '/status/desiredNumberScheduled') ?? replicasOf(workload);
  return (
    count('availableReplicas', 'numberAvailable') === wanted &&
    count('updatedReplicas', 'updatedNumberScheduled') === wanted &&
    (workload.kind !== 'Deployment' || count('replicas') === wanted)
  );
}

export function podsOf(kind: TargetKind, workload: KubernetesObject): number {
  if (kind.kind !== 'DaemonSet') return replicasOf(workload);
  const scheduled = readPointer(workload, '/status/desiredNumberScheduled');
  return typeof scheduled === 'number' ? scheduled : 0;
}
