/** An execution of a spec of several documents that an earlier one kept from running: nobody has looked at its target. */
import { type ExecutionRequest, type Mode, sayTarget } from '../spec/request.ts';
import type { RunRecord } from './record.ts';
import { Recording } from './recording.ts';

export function notBegun(request: ExecutionRequest, mode: Mode, because: RunRecord): RunRecord {
  const recording = new Recording('not-begun', mode, request);
  const of = request.namespace === undefined ? '' : ` in ${request.namespace}`;
  const record = recording.finish({
    result: 'skipped',
    reasonCode: 'not-begun',
    message: `${request.action.name} on ${sayTarget(request)}${of}: not begun, since ${because.executionId} before it ended as ${because.result}`,
  });
  return { ...record, timeline: [] };
}

export function wasBegun({ reasonCode }: RunRecord): boolean {
  return reasonCode !== 'not-begun';
}
