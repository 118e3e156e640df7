import { isUndone } from '../plan/verdict.ts';
import type { RunRecord } from './record.ts';

/** `none`: none was begun. `done`: nothing is left of the change, and that is verified. Also of a run whose whole purpose is the undo. */
export function undoOutcome(record: RunRecord): 'none' | 'done' | 'unfinished' {
  const { verdict } = record;
  if (verdict && isUndone(verdict)) return 'done';
  return hasBegun(record) ? 'unfinished' : 'none';
}

/** A verdict without its lists does not say it. */
function hasBegun({ verdict, changed, result, mode }: RunRecord): boolean {
  return verdict?.shortened === true
    ? changed && (result === 'rollback-failed' || mode === 'rollback')
    : verdict?.undo !== undefined;
}
