import type { ReasonCode } from '../plan/reason-codes.ts';
import type { PermissionRow } from '../rehearse/report.ts';
import { Ended, refuse } from './ending.ts';

/** One table, all that is missing at once, with the YAML that grants it; `reason` is what all of it follows from. */
export function refuseMissing(rows: readonly PermissionRow[], reason?: string): void {
  const missing = rows.filter((row) => row.allowed !== 'yes');
  if (missing.length === 0) return;
  const isKnown = missing.some((row) => row.allowed === 'no');
  const reasonCode: ReasonCode = isKnown ? 'permission-missing' : 'permission-unknown';
  const lines = missing.map(
    (row) =>
      `- ${row.identity} ${row.allowed === 'no' ? 'may not' : 'may or may not'} ${row.permission}${row.reason === undefined ? '' : ` (${row.reason})`}`,
  );
  // Nobody has said that anything is missing, so there is nothing to apply either.
  if (!isKnown) {
    const said = `it could not be asked who may what, and unknown counts as missing:\n${lines.join('\n')}`;
    throw new Ended(refuse(reasonCode, `${said}\nRun again when the API server answers.`));
  }
  const grants = [...new Set(missing.flatMap((row) => (row.grant === undefined ? [] : [row.grant])))];
  const begun = reason === undefined ? 'rights are missing:' : `${reason}\nThese rights are missing:`;
  throw new Ended(
    refuse(
      reasonCode,
      `${begun}\n${lines.join('\n')}\nApply this, or have it applied:\n${grants.join('\n---\n')}`,
    ),
  );
}
