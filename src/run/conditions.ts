import type { ReportCondition } from './kubernetes-execution.ts';
import type { RunRecord } from './record.ts';
import { RESULT_TABLE } from './result-table.ts';
import { undoOutcome } from './undo-outcome.ts';

/** The conditions that were decided; one that the run did not get to is not there. */
export function conditionsOf(record: RunRecord): readonly ReportCondition[] {
  const condition = (type: ReportCondition['type'], holds: boolean, message: string): ReportCondition => ({
    type,
    status: holds ? 'True' : 'False',
    reason: pascalCase(record.reasonCode),
    message,
    lastTransitionTime: record.finishedAt,
  });
  const { action } = record.request;
  const succeeded = RESULT_TABLE[record.result].exit === 0;
  return [
    { ...condition('ActionSupported', true, `${action.name} is in the catalogue.`), reason: 'InCatalogue' },
    ...validated(record, condition),
    ...(record.job || record.collected
      ? [condition('Completed', record.result === 'succeeded', record.message)]
      : []),
    ...rolledBack(record, condition),
    condition('Ready', succeeded, record.message),
  ];
}

type Decide = (type: ReportCondition['type'], holds: boolean, message: string) => ReportCondition;

function validated(record: RunRecord, condition: Decide): readonly ReportCondition[] {
  if (record.job || record.rehearsal?.requests.every((request) => request.outcome !== 'refused')) {
    const holds = record.job !== undefined || record.result !== 'refused';
    return [condition('Validated', holds, holds ? 'Checks and rehearsal passed.' : record.message)];
  }
  return record.result === 'refused' ? [condition('Validated', false, record.message)] : [];
}

function rolledBack(record: RunRecord, condition: Decide): readonly ReportCondition[] {
  const outcome = undoOutcome(record);
  if (outcome === 'none') return [];
  const isDone = outcome === 'done';
  return [
    condition('RolledBack', isDone, isDone ? 'The change was undone and the undo verified.' : record.message),
  ];
}

function pascalCase(reasonCode: string): string {
  return reasonCode
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
