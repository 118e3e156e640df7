/** The rolling restart: a fresh value of the annotation that `kubectl rollout restart` sets. */

import { changeFields, type FieldsRequest, invertFields, undoFields } from '../plan/change-fields.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import type { Check, FieldChange } from '../plan/plan.ts';
import { pointerOf, readPointer } from '../plan/pointer.ts';
import type { PlanDraft, Question, Refusal, TargetKind, WritableFields } from './action.ts';
import { pathOf, podSelectorOf, podTemplateOf, refOf, replicasOf } from './workloads.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const ANNOTATIONS = ['spec', 'template', 'metadata', 'annotations'];

/** The API server itself counts a DaemonSet's templates in an annotation, which admission sees as a change. */
const TEMPLATE_GENERATION = ['metadata', 'annotations', 'deprecated.daemonset.template.generation'];

export function restartWritableFields(kind: TargetKind): WritableFields {
  const kept = kind.kind === 'DaemonSet' ? [TEMPLATE_GENERATION] : [];
  return {
    apiGroup: 'apps',
    version: 'v1',
    resource: kind.resource,
    paths: [[...ANNOTATIONS, RESTARTED_AT], ...kept],
  };
}

/** `notes` say how the run came to restart this workload, where it was not named itself. */
export function planRestart(
  question: Question<unknown>,
  kind: TargetKind,
  workload: KubernetesObject,
  notes: readonly string[] = [],
): PlanDraft | Refusal {
  const target = refOf(kind, workload);
  const refusal = refuseRestart(kind, workload);
  if (refusal) return refusal;
  const object = pathOf(kind, question.namespace, target.name);
  const request = restartRequest(object, workload, question.at);
  return {
    kind: 'plan',
    target,
    summary: `restart ${say(target)} in ${question.namespace} pod by pod`,
    requests: [changeFields(request)],
    checks: [rolloutComplete(object, workload)],
    undo: {
      kind: 'requests',
      requests: [{ ...undoFields(request, `take back the restart of ${say(target)}`), undoes: 0 }],
      checks: undoChecks(object, workload, request),
    },
    locks: [target],
    notes: [
      ...notes,
      'Undo returns to the template before; pods that were replaced meanwhile stay replaced.',
    ],
    podTemplates: [podTemplateOf(kind, workload, true)],
    podsAffected: kind.kind === 'DaemonSet' ? scheduledPods(workload) : replicasOf(workload),
  };
}

/** kubectl refuses these as well: a paused or OnDelete workload would not restart anything. */
function refuseRestart(kind: TargetKind, workload: KubernetesObject): Refusal | undefined {
  const name = `${kind.kind.toLowerCase()}/${workload.metadata.name}`;
  if (readPointer(workload, '/spec/paused') === true) {
    return {
      kind: 'refusal',
      reasonCode: 'rollout-paused',
      message: `${name} is paused, so a restart would not begin. Resume it first: kubectl rollout resume ${name} -n ${workload.metadata.namespace ?? ''}`,
    };
  }
  if (readPointer(workload, '/spec/updateStrategy/type') === 'OnDelete') {
    return {
      kind: 'refusal',
      reasonCode: 'target-unsuitable',
      message: `${name} has the update strategy OnDelete: its pods are replaced only when somebody deletes them. Restart its pods one by one with restart-pod.`,
    };
  }
  return undefined;
}

function restartRequest(object: ResourcePath, workload: KubernetesObject, at: string): FieldsRequest {
  const { uid, generation } = workload.metadata;
  const name = `${workload.kind?.toLowerCase() ?? object.resource}/${workload.metadata.name}`;
  return {
    summary: `set the restart annotation in the pod template of ${name}`,
    object,
    uid,
    ...(generation === undefined ? {} : { generation }),
    fields: [restartField(workload, at)],
  };
}

/** A JSON patch can't add to a map that is not there, so the map itself is the field then. */
function restartField(workload: KubernetesObject, at: string): FieldChange {
  const pointer = pointerOf(ANNOTATIONS);
  if (readPointer(workload, pointer) === undefined) return { pointer, after: { [RESTARTED_AT]: at } };
  const annotation = pointerOf([...ANNOTATIONS, RESTARTED_AT]);
  const before = readPointer(workload, annotation);
  return { pointer: annotation, ...(before === undefined ? {} : { before }), after: at };
}

function rolloutComplete(object: ResourcePath, workload: KubernetesObject): Check {
  return { kind: 'rollout-complete', object, podSelector: podSelectorOf(workload) };
}

/** A workload whose rollout was not complete before can't be asked to be so after the undo. */
function undoChecks(
  object: ResourcePath,
  workload: KubernetesObject,
  request: FieldsRequest,
): readonly Check[] {
  const restored: Check = {
    kind: 'fields-equal',
    object,
    fields: invertFields(request.fields),
  };
  return isAvailable(workload) ? [restored, rolloutComplete(object, workload)] : [restored];
}

function isAvailable(workload: KubernetesObject): boolean {
  const available =
    readPointer(workload, '/status/availableReplicas') ??
    readPointer(workload, '/status/numberAvailable') ??
    0;
  const wanted = readPointer(workload, '/status/desiredNumberScheduled') ?? replicasOf(workload);
  return available === wanted;
}

function scheduledPods(daemonSet: KubernetesObject): number {
  const scheduled = readPointer(daemonSet, '/status/desiredNumberScheduled');
  return typeof scheduled === 'number' ? scheduled : 0;
}
