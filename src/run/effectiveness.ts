import type { RunRecord } from './record.ts';

/**
 * The share of the plan's checks that were met, 0 to 1; a check that was not judged counts as not met. Where the plan
 * only reads, that of the files that could be had. Absent where there was nothing to check, or no verdict with its checks.
 */
export function effectivenessOf(record: RunRecord): number | undefined {
  const { collected } = record;
  if (collected) {
    const failed = collected.files.filter(({ outcome }) => outcome === 'failed').length;
    return collected.files.length === 0 ? undefined : 1 - failed / collected.files.length;
  }
  const { verdict } = record;
  if (verdict === undefined || verdict.shortened === true) return undefined;
  const judged = verdict.checks;
  const total = Math.max(judged.length, record.plan?.checks.length ?? 0);
  return total === 0 ? undefined : judged.filter((check) => check.met).length / total;
}
