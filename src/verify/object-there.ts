/** Whether an object is there, no longer there, or says of itself that it is ready. */
import { conditionOf } from '../plan/conditions.ts';
import type { ConditionTrue, ObjectExists, ObjectGone } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';

export function judgeExists(check: ObjectExists, view: View): CheckState {
  return view.object(check.object)
    ? { kind: 'met', detail: 'it is there' }
    : { kind: 'pending', detail: 'it is not there' };
}

export function judgeGone(check: ObjectGone, view: View): CheckState {
  const live = view.object(check.object);
  if (!live) return { kind: 'met', detail: 'it is gone' };
  if (check.uid !== undefined && live.metadata.uid !== check.uid) {
    return { kind: 'met', detail: 'it is gone; another one of its name is there' };
  }
  const finalizers = readPointer(live, '/metadata/finalizers');
  const waits =
    Array.isArray(finalizers) && finalizers.length > 0 ? ` (finalizers ${finalizers.join(', ')})` : '';
  return { kind: 'pending', detail: `it is still there${waits}` };
}

export function judgeCondition(check: ConditionTrue, view: View): CheckState {
  const condition = conditionOf(view.object(check.object), check.condition);
  if (condition?.status === 'True') return { kind: 'met', detail: `it is ${check.condition}` };
  const why = condition === undefined ? '' : `: ${condition.reason} ${condition.message}`;
  return { kind: 'pending', detail: `it is not ${check.condition} yet${why}` };
}
