/** Applies the objects of a manifest: the common part of the actions that do. Pure. */
import { AUTOSCALERS } from '../plan/autoscalers.ts';
import { invertFields, undoFields } from '../plan/change-fields.ts';
import { isDefinition, leavesOf, sayPlaced } from '../plan/manifest.ts';
import { controllerOf, type ObjectRef, type ResourcePath, say } from '../plan/objects.ts';
import type { Check, FieldChange, PlannedRequest, UndoCheck, UndoRequest } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import { knownParts } from '../plan/server-choice.ts';
import type { PlanDraft, PodTemplate, PolicyRule, Read, Refusal, Snapshot } from './action.ts';
import { podsOf as podsOfWorkload } from './change-template.ts';
import { type Change, type Dependent, outcomesOf, type Refused, readsOfChanges } from './manifest-changes.ts';
import { isLeftToServer } from './manifest-choices.ts';
import { notesOf } from './manifest-notes.ts';
import { type ManifestQuestion, type Place, placesOf, readsOfKinds, rightsTo } from './manifest-places.ts';
import { summaryOf, targetOf } from './manifest-words.ts';
import { admittedBy, rolloutOf, workloadKindOf } from './manifest-workloads.ts';
import { podTemplateOf } from './workloads.ts';

export function readsOfApply(question: ManifestQuestion, seen: Snapshot): readonly Read[] {
  return [
    ...readsOfKinds(question),
    ...readsOfChanges(question, seen),
    ...readsOfAutoscalers(question, seen),
  ];
}

/**
 * Those of a namespace's own run are read by the step; here it is about several. A manifest that says no replicas any
 * more changes them too: to the server's default.
 */
function readsOfAutoscalers(question: ManifestQuestion, seen: Snapshot): readonly Read[] {
  if (question.namespace !== '') return [];
  const scaled = placesOf(question, seen).found.filter(({ object, path }) =>
    [object.body, seen.get(path)].some((one) => readPointer(one, '/spec/replicas') !== undefined),
  );
  const namespaces = new Set(scaled.flatMap(({ path }) => path.namespace ?? []));
  return [...namespaces].map((namespace) => ({
    kind: 'list',
    path: { ...AUTOSCALERS, namespace },
  }));
}

/** What is not there, or could not be seen, is created, and deleted again by the undo. */
export function needsOfApply(question: ManifestQuestion, seen: Snapshot): readonly PolicyRule[] {
  const { found } = placesOf(question, seen);
  const isNew = ({ path, definition }: Place): boolean => definition !== undefined || !seen.get(path);
  const created = new Set(found.filter(isNew).map(({ path }) => `${path.resource}.${path.group}`));
  const [some, others] = [true, false].map((wanted) =>
    found.filter(({ path }) => created.has(`${path.resource}.${path.group}`) === wanted),
  );
  return [
    ...rightsTo(['get', 'list', 'watch', 'create', 'patch', 'delete'], some ?? []),
    ...rightsTo(['get', 'list', 'watch', 'patch'], others ?? []),
  ];
}

type Step = Change | Dependent;

export function planApply(question: ManifestQuestion, seen: Snapshot): PlanDraft | Refusal {
  const places = placesOf(question, seen);
  const touches = places.found.map(({ path }) => path);
  if (places.objections.length > 0) return refusal('target-unsuitable', places.objections, touches);
  const outcomes = outcomesOf(question, seen, places);
  const refused = outcomes.filter((outcome) => outcome.kind === 'refused');
  const [first] = refused;
  if (first) return refusal(first.reasonCode, refused.map(sayRefused), touches);
  return draft(
    question,
    outcomes.flatMap((outcome) => (outcome.kind === 'refused' ? [] : [outcome])),
  );
}

function refusal(
  reasonCode: Refusal['reasonCode'],
  objections: readonly string[],
  touches: readonly ResourcePath[],
): Refusal {
  const message = `the manifest can't be applied as it is:\n${objections.map((one) => `- ${one}`).join('\n')}`;
  return { kind: 'refusal', reasonCode, message, touches };
}

function sayRefused({ object, why }: Refused): string {
  return `${object.where}, ${say(object)}: ${why}`;
}

function draft(question: ManifestQuestion, all: readonly Step[]): PlanDraft {
  const steps = all.filter(({ kind }) => kind !== 'same');
  const leaves = leavesBehind(steps);
  return {
    kind: 'plan',
    target: targetOf(question),
    summary: summaryOf(question, 'apply', all),
    requests: steps.map((step) => requestOf(step, steps, all)),
    checks: steps.flatMap(checksOf),
    undo: {
      kind: 'requests',
      requests: steps.map(undoOf).toReversed(),
      checks: steps.flatMap(undoChecksOf),
      ...(leaves === undefined ? {} : { leaves }),
    },
    locks: all.map(lockOf),
    notes: notesOf(all),
    podTemplates: steps.filter((step) => !admittedBy(step, steps)).flatMap(podTemplatesOf),
    podsAffected: steps.reduce((sum, step) => sum + podsOf(step), 0),
  };
}

/** `all`: also the objects that stay as they are. */
function requestOf(step: Step, steps: readonly Step[], all: readonly Step[]): PlannedRequest {
  const request = { ...step.request, resendable: true };
  const created = { kind: 'created', object: step.path } as const;
  if (step.kind !== 'dependent') {
    const effect =
      step.kind === 'create'
        ? created
        : ({ kind: 'fields', object: step.path, fields: step.fields } as const);
    return { ...request, effect, rehearsal: 'yes' };
  }
  const dependsOn = steps.findIndex(({ object }) => object === step.needs);
  const definition = all.find(({ object }) => object === step.definition);
  return {
    ...request,
    effect: created,
    rehearsal: dependsOn < 0 ? 'cannot' : { dependsOn },
    ...(definition ? { awaits: [established(definition)] } : {}),
  };
}

function established({ path }: Step): Check {
  return { kind: 'condition-true', object: path, condition: 'Established' };
}

function checksOf(step: Step): readonly Check[] {
  const fields = step.kind === 'dependent' ? [] : fieldsAsWritten(step);
  const own: Check =
    fields.length === 0
      ? { kind: 'object-exists', object: step.path }
      : { kind: 'fields-equal', object: step.path, fields };
  return [own, ...(isDefinition(step.object) ? [established(step)] : []), ...rolloutOf(step)];
}

/**
 * Of a new object, what the manifest states, in the server's own spelling, and of a change what the server does not choose
 * itself: the rest it may fill in otherwise each time.
 */
function fieldsAsWritten(step: Change): readonly FieldChange[] {
  if (step.kind !== 'create') return step.fields.flatMap(knownFields);
  return leavesOf(step.object.body)
    .filter(({ pointer, value }) => isStated(pointer) && !isEmpty(value))
    .flatMap(({ pointer, value }) => {
      const after = readPointer(step.after, pointer);
      return after === undefined || isLeftToServer(value, after) ? [] : [{ pointer, after }];
    });
}

function knownFields(field: FieldChange): readonly FieldChange[] {
  return knownParts(field.pointer, field.after).map(({ pointer, value }) => {
    if (pointer === field.pointer) return field;
    return value === undefined ? { pointer } : { pointer, after: value };
  });
}

function isStated(pointer: string): boolean {
  return pointer.startsWith('/metadata/')
    ? /^\/metadata\/(labels|annotations)\//.test(pointer)
    : pointer !== '/apiVersion' && pointer !== '/kind';
}

/** The server may fill it, or drop it. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object';
}

function undoOf(step: Step, index: number): UndoRequest {
  const name = sayPlaced(step.object, step.path.namespace);
  if (step.kind !== 'dependent' && step.live) {
    const request = { summary: '', object: step.path, uid: step.live.metadata.uid, fields: step.fields };
    return { ...undoFields(request, `put back ${name}`), undoes: index };
  }
  return {
    summary: `delete ${name}, which was created`,
    verb: 'delete',
    path: step.path,
    body: { propagationPolicy: 'Background' },
    effect: { kind: 'gone', object: step.path, uid: '' },
    rehearsal: 'yes',
    resendable: true,
    undoes: index,
    ofCreated: true,
  };
}

function undoChecksOf(step: Step, index: number): readonly UndoCheck[] {
  return step.kind === 'change'
    ? [{ kind: 'fields-equal', object: step.path, fields: invertFields(step.fields), of: index }]
    : [{ kind: 'object-gone', object: step.path, of: index }];
}

function leavesBehind(steps: readonly Step[]): string | undefined {
  const jobs = steps.filter(({ object, kind }) => object.kind === 'Job' && kind !== 'change');
  return jobs.length === 0
    ? undefined
    : `what ${jobs.map(({ object }) => say(object)).join(' and ')} did by then stays done`;
}

/** The root owner, where it has one. */
function lockOf({ object, path, ...step }: Step): ObjectRef {
  const owner = 'live' in step && step.live ? controllerOf(step.live) : undefined;
  const { apiVersion, kind, name } = owner ?? object;
  return { apiVersion, kind, ...(path.namespace === undefined ? {} : { namespace: path.namespace }), name };
}

function podTemplatesOf(step: Step): readonly PodTemplate[] {
  const kind = workloadKindOf(step.path);
  if (!kind || step.kind === 'dependent') return [];
  const isNew =
    step.kind === 'create' || step.fields.some(({ pointer }) => pointer.startsWith('/spec/template'));
  return isNew && step.path.namespace !== undefined
    ? [podTemplateOf(kind, step.after, step.kind === 'change')]
    : [];
}

/** What of its pods may stop serving: those that are replaced, or taken away. */
function podsOf(step: Step): number {
  const kind = workloadKindOf(step.path);
  if (step.kind !== 'change' || !step.live || !kind) return 0;
  const before = podsOfWorkload(kind, step.live);
  const replaced = step.fields.some(({ pointer }) => pointer.startsWith('/spec/template'));
  return replaced ? before : Math.max(0, before - podsOfWorkload(kind, step.after));
}
