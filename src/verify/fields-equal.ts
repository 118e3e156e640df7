import { sameJson } from '../plan/canonical.ts';
import type { FieldsEqual } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';

export function judgeFields(check: FieldsEqual, view: View): CheckState {
  const object = view.object(check.object);
  if (!object) return { kind: 'failed', reasonCode: 'target-not-found', detail: 'the object is gone' };
  const different = check.fields.filter(
    (field) => !sameJson(readPointer(object, field.pointer), field.after),
  );
  return different.length === 0
    ? { kind: 'met', detail: `${check.fields.map((field) => field.pointer).join(', ')} as wanted` }
    : { kind: 'pending', detail: `${different.map((field) => field.pointer).join(', ')} not as wanted` };
}
