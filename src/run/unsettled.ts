import type { RunRecord } from './record.ts';

/** Whether requests may have been carried out of which nobody knows: there was a Job, but no verdict came. */
export function isUnsettled({ job, verdict }: RunRecord): boolean {
  return job !== undefined && verdict === undefined && job.fate !== 'never-started';
}
