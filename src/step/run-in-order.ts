import { notBegun } from '../run/not-begun.ts';
import type { RunRecord } from '../run/record.ts';
import type { ExecutionRequest, RunRequest } from '../spec/request.ts';

/**
 * A record for every execution. A later one may build on those before it, so one that did not succeed, or was skipped,
 * keeps the later ones from being begun.
 */
export async function runInOrder(
  { executions, mode }: Pick<RunRequest, 'executions' | 'mode'>,
  runOne: (request: ExecutionRequest) => Promise<RunRecord>,
): Promise<readonly RunRecord[]> {
  const records: RunRecord[] = [];
  let stopped: RunRecord | undefined;
  for (const request of executions) {
    const record = stopped ? notBegun(request, mode, stopped) : await runOne(request);
    records.push(record);
    if (record.result !== 'succeeded' && record.result !== 'planned') stopped ??= record;
  }
  return records;
}
