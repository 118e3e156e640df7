import type { ReasonCode } from '../plan/reason-codes.ts';
import type { RunRecord } from './record.ts';

/** Without a verdict and where the Job's fate was not noted, these alone say that the executor never ran. */
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
  if (job === undefined || verdict !== undefined) return false;
  return job.fate === undefined ? !NEVER_STARTED.has(reasonCode) : job.fate === 'unknown';
}
