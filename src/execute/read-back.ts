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
  const expected =
    effect.kind === 'gone'
      ? effect.uid
      : testsOf(request).find(({ pointer }) => pointer === '/metadata/uid')?.before;
  if (expected !== undefined && expected !== live.metadata.uid) {
    return 'another object of the same name has taken its place since the plan was made';
  }
  return explainMoves(
    effect.object,
    effect.kind === 'fields' ? heldFields(request, effect.fields) : [],
    live,
  );
}

/** What the patch changes, and what else it tests; a subresource has other fields than its object. */
function heldFields(request: PlannedRequest, fields: readonly FieldChange[]): readonly FieldChange[] {
  if (request.path.subresource !== undefined) return fields;
  const others = testsOf(request)
    .filter(({ pointer }) => pointer !== '/metadata/uid')
    .filter(({ pointer }) => !fields.some((field) => `${pointer}/`.startsWith(`${field.pointer}/`)));
  return [...fields, ...others];
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

/** A test for `null` is one for a field that is not there. */
function testsOf({ patchType, body }: PlannedRequest): readonly FieldChange[] {
  if (patchType !== 'json' || !Array.isArray(body)) return [];
  const operations: readonly unknown[] = body;
  return operations
    .filter((one) => textAt(one, '/op') === 'test')
    .map((one) => {
      const before = readPointer(one, '/value');
      return { pointer: textAt(one, '/path'), ...(before === null ? {} : { before }) };
    });
}
