import type { ReasonCode } from '../plan/reason-codes.ts';
import type { RunRecord } from './record.ts';

/** Without a verdict, these alone say that the executor never ran. */
const NEVER_STARTED: ReadonlySet<ReasonCode> = new Set([
  'job-not-started',
  'schedule-timeout',
  'image-pull-failed',
  'container-failing',
  'quota-exceeded',
  'unschedulable',
]);

/** Whether requests may have been carried out of which nobody knows: there was a Job, but no verdict came. */
export function isUnsettled({ job, verdict, reasonCode }: RunRecord): boolean {
  return job !== undefined && verdict === undefined && !NEVER_STARTED.has(reasonCode);
}
