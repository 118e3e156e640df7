import { sameJson } from '../plan/canonical.ts';
import type { FieldChange, FieldsEqual } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';

export function judgeFields(check: FieldsEqual, view: View): CheckState {
  const object = view.object(check.object);
  if (!object) return { kind: 'failed', reasonCode: 'target-not-found', detail: 'the object is gone' };
  const different = check.fields.filter(
    (field) => !sameJson(readPointer(object, field.pointer), field.after),
  );
  return different.length === 0
    ? { kind: 'met', detail: 'so it is' }
    : { kind: 'pending', detail: `${sayFields(different)} not as wanted` };
}

const MOST_NAMED = 4;

/** By their pointers; of very many the first ones. */
export function sayFields(fields: readonly FieldChange[]): string {
  const named = fields.slice(0, MOST_NAMED).map(({ pointer }) => pointer);
  const more = fields.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more fields` : named.join(', ');
}
