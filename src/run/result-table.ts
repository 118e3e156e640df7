import type { Result } from './record.ts';

/** What a result means in the other vocabularies; `docs/outputs.md` shows this table. */
export interface ResultRow {
  /** `status.phase` of the report: the v1alpha1 phases, and v1's where v1alpha1 has no word. */
  readonly phase: 'validated' | 'completed' | 'failed' | 'cancelled' | 'rolled-back';
  /** `status.executionResults.actionResult`; absent where nothing was to be carried out. */
  readonly actionResult?: 'success' | 'failure' | 'cancelled' | 'timeout';
  /** Exit code of the step. */
  readonly exit: 0 | 1;
}

/** From the worst to the best: of several executions, the first of these is the overall result. */
export const RESULT_TABLE: Readonly<Record<Result, ResultRow>> = {
  'rollback-failed': { phase: 'failed', actionResult: 'failure', exit: 1 },
  failed: { phase: 'failed', actionResult: 'failure', exit: 1 },
  'timed-out': { phase: 'failed', actionResult: 'timeout', exit: 1 },
  cancelled: { phase: 'cancelled', actionResult: 'cancelled', exit: 1 },
  'rolled-back': { phase: 'rolled-back', actionResult: 'failure', exit: 1 },
  refused: { phase: 'failed', actionResult: 'failure', exit: 1 },
  skipped: { phase: 'cancelled', actionResult: 'cancelled', exit: 0 },
  planned: { phase: 'validated', exit: 0 },
  simulated: { phase: 'validated', exit: 0 },
  succeeded: { phase: 'completed', actionResult: 'success', exit: 0 },
};

const WORST_FIRST = Object.keys(RESULT_TABLE);

/** The place of a result among the others; 0 is the worst. */
export function severityOf(result: Result): number {
  return WORST_FIRST.indexOf(result);
}
