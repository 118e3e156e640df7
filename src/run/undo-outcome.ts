import { isUndone } from '../plan/verdict.ts';
import type { RunRecord } from './record.ts';

/** `none`: none was begun. `done`: sent whole and verified. Also of a run whose whole purpose is the undo. */
export function undoOutcome(record: RunRecord): 'none' | 'done' | 'unfinished' {
  const { verdict, result } = record;
  if (verdict?.shortened === true) {
    if (isUndone(verdict)) return 'done';
    return record.changed && (result === 'rollback-failed' || record.mode === 'rollback')
      ? 'unfinished'
      : 'none';
  }
  const undo = verdict?.undo;
  if (undo === undefined) return 'none';
  const isWhole =
    undo.requests.every(({ outcome }) => outcome === 'applied') && undo.checks.every(({ met }) => met);
  return isWhole && result !== 'rollback-failed' ? 'done' : 'unfinished';
}
