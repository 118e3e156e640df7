/** The rolling restart: a fresh value of the annotation that `kubectl rollout restart` sets. */
import type { KubernetesObject } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import type { FieldChange } from '../plan/plan.ts';
import { pointerOf, readPointer } from '../plan/pointer.ts';
import type { PlanDraft, Question, Refusal, TargetKind, WritableFields } from './action.ts';
import { planTemplateChange, templateWritableFields } from './change-template.ts';
import { refOf } from './workloads.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const ANNOTATIONS = ['spec', 'template', 'metadata', 'annotations'];

export function restartWritableFields(kind: TargetKind): WritableFields {
  return templateWritableFields(kind, [[...ANNOTATIONS, RESTARTED_AT]]);
}

/** `notes` say how the run came to restart this workload, where it was not named itself. */
export function planRestart(
  question: Question<unknown>,
  kind: TargetKind,
  workload: KubernetesObject,
  notes: readonly string[] = [],
): PlanDraft | Refusal {
  const name = say(refOf(kind, workload));
  return planTemplateChange({
    kind,
    workload,
    summary: `restart ${name} in ${question.namespace} pod by pod`,
    change: `set the restart annotation in the pod template of ${name}`,
    takeBack: `take back the restart of ${name}`,
    fields: [restartField(workload, question.at)],
    written: [{ pointer: pointerOf([...ANNOTATIONS, RESTARTED_AT]), after: question.at }],
    notes,
  });
}

/** A JSON patch can't add to a map that is not there, so the map itself is the field then. */
function restartField(workload: KubernetesObject, at: string): FieldChange {
  const pointer = pointerOf(ANNOTATIONS);
  if (readPointer(workload, pointer) === undefined) return { pointer, after: { [RESTARTED_AT]: at } };
  const annotation = pointerOf([...ANNOTATIONS, RESTARTED_AT]);
  const before = readPointer(workload, annotation);
  return { pointer: annotation, ...(before === undefined ? {} : { before }), after: at };
}
