import type { RunRecord } from './record.ts';

/** There was a Job, and nobody knows what it did. */
export function isUnsettled({ job, verdict }: RunRecord): boolean {
  return job !== undefined && verdict === undefined && job.fate !== 'never-started';
}
