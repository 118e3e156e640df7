import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/run/report.ts';
import { RESULT_TABLE } from '../../../src/run/result-table.ts';
import { OUTPUTS } from '../../../src/step/output-registry.ts';
import { scaledRecord } from '../step/scaled-record.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/outputs.md'), 'utf8');

describe('docs/outputs.md', () => {
  it('has the table of results as the code has it', () => {
    const rows = Object.entries(RESULT_TABLE).map(
      ([result, { phase, actionResult, exit }]) =>
        `| \`${result}\` | \`${phase}\` | ${actionResult ? `\`${actionResult}\`` : 'none'} | ${exit} |`,
    );
    expect(page).toContain(rows.join('\n'));
  });

  it('tells of every output', () => {
    for (const { name } of OUTPUTS) expect(page).toContain(`| \`${name}\` |`);
  });

  it('shows a report that the code makes', () => {
    expect(page).toContain(
      `\`\`\`json\n${JSON.stringify(renderReport(scaledRecord()), undefined, 2)}\n\`\`\``,
    );
  });
});
