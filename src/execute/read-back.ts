/** What the live object tells of a request whose answer did not. Pure. */
import { diffObjects } from '../plan/diff.ts';
import { isRecord } from '../plan/json.ts';
import { FIELD_MANAGER } from '../plan/names.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import type { Effect, FieldChange, PlannedRequest } from '../plan/plan.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { isSensitive, showChange } from '../plan/sensitive.ts';
import { isAsPlanned, knownParts } from '../plan/server-choice.ts';

/** Whether the object is as the request would have left it; `null` is an object that is not there. */
export function hasHappened(effect: Effect, live: KubernetesObject | null): boolean {
  switch (effect.kind) {
    case 'fields':
      return (
        live !== null &&
        effect.fields.every((field) => isAsPlanned(readPointer(live, field.pointer), field.after))
      );
    case 'created':
      return live !== null && isMadeByUs(live, effect.since);
    case 'gone':
      return (
        live === null || live.metadata.uid !== effect.uid || live.metadata.deletionTimestamp !== undefined
      );
  }
}

/**
 * Whether the object is no older than `since`, in RFC 3339 by the API server's clock, and this product is among those
 * that wrote fields of it.
 */
export function isMadeByUs(live: KubernetesObject, since = ''): boolean {
  if ((live.metadata.creationTimestamp ?? '') < since) return false;
  const managed = readPointer(live, '/metadata/managedFields');
  return Array.isArray(managed) && managed.some((entry) => textAt(entry, '/manager') === FIELD_MANAGER);
}

/** Why the preconditions failed, which a failed JSON patch test does not say itself. */
export function explainConflict(request: PlannedRequest, live: KubernetesObject | null): string {
  const { effect } = request;
  if (live === null) return effect.kind === 'created' ? '' : 'the object is gone';
  if (effect.kind === 'created') return 'an object of that name exists already';
  const expected = effect.kind === 'gone' ? effect.uid : testedValue(request, '/metadata/uid');
  if (expected !== undefined && expected !== live.metadata.uid) {
    return 'another object of the same name has taken its place since the plan was made';
  }
  const moved = effect.kind === 'fields' ? explainMoves(effect.object, effect.fields, live) : '';
  if (moved !== '') return moved;
  const generation = testedValue(request, '/metadata/generation');
  return generation !== undefined && generation !== live.metadata.generation
    ? `the spec was changed since the plan was made (generation ${show(generation)}, now ${show(live.metadata.generation)})`
    : '';
}

/** Which of the fields are no longer as they were `before`; the empty string where all are. */
export function explainMoves(
  of: ResourcePath,
  fields: readonly FieldChange[],
  live: KubernetesObject,
): string {
  return fields
    .filter(({ pointer, before }) => !isAsPlanned(readPointer(live, pointer), before))
    .map((field) => explainMoved(field, of, live))
    .join('; ');
}

/** Goes to logs and outputs: no value that may not be shown, and no whole map or list, which is no message. */
function explainMoved({ pointer, before }: FieldChange, of: ResourcePath, object: KubernetesObject): string {
  const live = readPointer(object, pointer);
  const change = { pointer, before, after: live };
  if (isRecord(before) && isRecord(live) && !isSensitive(of, change)) {
    const differing = knownParts('', before).flatMap((part) =>
      diffObjects(part.value, readPointer(live, part.pointer)).map(
        (line) => `${pointer}${part.pointer}${line.pointer}`,
      ),
    );
    return `${differing.join(', ')} changed since the plan was made`;
  }
  const shown = showChange(of, change);
  return 'before' in shown && !isMapOrList(before) && !isMapOrList(live)
    ? `${pointer} is ${show(shown.after)} now; the plan was made for ${show(shown.before)}`
    : `${pointer} was changed since the plan was made`;
}

function isMapOrList(value: unknown): boolean {
  return isRecord(value) || Array.isArray(value);
}

function show(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}

function testedValue(request: PlannedRequest, pointer: string): unknown {
  if (request.patchType !== 'json' || !Array.isArray(request.body)) return undefined;
  const operations: readonly unknown[] = request.body;
  const test = operations.find(
    (one) => readPointer(one, '/op') === 'test' && readPointer(one, '/path') === pointer,
  );
  return readPointer(test, '/value');
}
