/**
 * A change of single fields as a JSON patch that tests before it writes: the uid and the old value of each field. The same
 * list inverted is the undo, which tests for what we left there.
 */
import type { ResourcePath } from './objects.ts';
import type { FieldChange, PlannedRequest } from './plan.ts';
import { withPointer } from './pointer.ts';
import { isServerChoice, type KnownPart, knownParts } from './server-choice.ts';

export interface FieldsRequest {
  readonly summary: string;
  readonly object: ResourcePath;
  readonly uid: string;
  readonly fields: readonly FieldChange[];
  /** What must be so beside the fields, before the change and before its undo: the name of the list's member that is written. */
  readonly alsoTest?: readonly FieldTest[];
  /** What must be so before the change alone: without it nothing would come of the change. */
  readonly testBefore?: readonly FieldTest[];
}

export interface FieldTest {
  readonly pointer: string;
  /** `null` for a field that is not there. */
  readonly value: unknown;
}

interface Operation {
  readonly op: 'test' | 'add' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** A field's parent must exist; where it does not, name the parent itself as the field. */
export function changeFields(request: FieldsRequest): PlannedRequest {
  const { summary, object, fields } = request;
  const tests = [
    { pointer: '/metadata/uid', value: request.uid },
    ...(request.testBefore ?? []),
    ...(request.alsoTest ?? []),
  ].map(({ pointer, value }): Operation => ({ op: 'test', path: pointer, value }));
  return {
    summary,
    verb: 'patch',
    patchType: 'json',
    path: object,
    body: [...tests, ...fields.flatMap(testsBefore), ...fields.flatMap(write)],
    effect: { kind: 'fields', object, fields },
    rehearsal: 'yes',
    resendable: true,
  };
}

/** What puts the fields back, refused by the server where somebody else changed them since. */
export function undoFields(request: FieldsRequest, summary: string): PlannedRequest {
  return changeFields({
    summary,
    object: request.object,
    uid: request.uid,
    fields: invertFields(request.fields),
    ...(request.alsoTest === undefined ? {} : { alsoTest: request.alsoTest }),
  });
}

/** The object as the fields leave it. */
export function applyFields(object: unknown, fields: readonly FieldChange[]): unknown {
  return fields.reduce((so, { pointer, after }) => withPointer(so, pointer, after), object);
}

export function invertFields(fields: readonly FieldChange[]): readonly FieldChange[] {
  return fields.map(({ pointer, before, after }) => ({
    pointer,
    ...(after === undefined ? {} : { before: after }),
    ...(before === undefined ? {} : { after: before }),
  }));
}

function testsBefore({ pointer, before }: FieldChange): readonly Operation[] {
  return knownParts(pointer, before).flatMap((part) =>
    part.value === undefined && part.pointer !== pointer ? testEnd(part) : testPart(part),
  );
}

/** The API server's JSON patch takes a test for `null` as "is not there". */
function testPart({ pointer, value }: KnownPart): readonly Operation[] {
  return [{ op: 'test', path: pointer, value: value ?? null }];
}

const END = 'the end of the list';

/**
 * A test of a member that is not there is refused, whatever it tests for. What is appended stands there if the list is as
 * long as it was; the field that holds the list is written anew afterwards.
 */
function testEnd({ pointer }: KnownPart): readonly Operation[] {
  const list = pointer.slice(0, pointer.lastIndexOf('/'));
  return [
    { op: 'add', path: `${list}/-`, value: END },
    { op: 'test', path: pointer, value: END },
  ];
}

function write({ pointer, before, after }: FieldChange): readonly Operation[] {
  if (after !== undefined) return [{ op: 'add', path: pointer, value: after }];
  const remove: Operation = { op: 'remove', path: pointer };
  // What the server chose it may have dropped itself, and a removal is refused where nothing is.
  return isServerChoice(before) ? [{ op: 'add', path: pointer, value: '' }, remove] : [remove];
}
