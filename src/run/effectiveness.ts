import type { RunRecord } from './record.ts';

/**
 * The share of the plan's checks that were met, 0 to 1; a check that was not judged counts as not met. Absent where
 * the executor gave no verdict or there was nothing to check.
 */
export function effectivenessOf(record: RunRecord): number | undefined {
  const judged = record.verdict?.checks;
  if (judged === undefined) return undefined;
  const total = Math.max(judged.length, record.plan?.checks.length ?? 0);
  return total === 0 ? undefined : judged.filter((check) => check.met).length / total;
}
