import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { effectivenessOf } from '../../../src/run/effectiveness.ts';
import { renderReport } from '../../../src/run/report.ts';
import { sayBytes } from '../../../src/run/say-collected.ts';
import { writeArtifactFiles } from '../../../src/step/artifact-files.ts';
import { closingLine } from '../../../src/step/closing-line.ts';
import { renderSummary } from '../../../src/step/summary.ts';
import { collectedRecord, FILES } from './collected-record.ts';

const [complete, absent] = FILES;
const failed = {
  file: 'logs/web-1/<b>.log',
  outcome: 'failed',
  bytes: 0,
  lines: 0,
  note: 'cut',
} as const;
const some = [...(complete ? [complete] : []), ...(absent ? [absent] : []), failed];

describe('what was collected', () => {
  it('is told in one line at the end', () => {
    expect(closingLine(collectedRecord())).toBe(
      'Collected 2 logs of 1 pod with app=web in shop: 1 file, 1.2 MiB; 1 absent; took 2.1 s (execution collect-logs-7c2e9b41d0).',
    );
  });

  it('is a table in the summary, what is missing first, without markup of its own', () => {
    const page = renderSummary([collectedRecord(some)]);
    const rows = page.split('\n').filter((line) => line.startsWith('| logs/'));
    expect(rows.map((row) => row.split(' | ')[1])).toEqual(['failed', 'absent', 'complete']);
    expect(page).toContain('read logs/web-1/app.log');
    expect(page).toContain('pods with app=web');
    expect(page).not.toContain('<b>');
    expect(page).not.toContain('already is as asked');
  });

  it('is in the report, with the selector that a manifest could have', () => {
    const { spec, status } = renderReport(collectedRecord());
    expect(status.collected).toEqual(FILES);
    expect(spec.action.target).toEqual({ namespace: 'shop', resourceKind: 'Pod', selector: 'app=web' });
    expect(status.rollbackInformation?.available).toBe(false);
  });

  it('counts as effective by what could be had', () => {
    expect(effectivenessOf(collectedRecord())).toBe(1);
    expect(effectivenessOf(collectedRecord(some))).toBeCloseTo(2 / 3);
  });

  it('becomes part of the artifact, but for what is not there', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'artifact-'));
    await mkdir(join(folder, 'logs/web-1'), { recursive: true });
    for (const { file } of FILES) await writeFile(join(folder, file), 'x');
    const records = [collectedRecord(FILES, { collected: { folder, files: FILES } })];
    const { files } = await writeArtifactFiles({ folder, records, summary: '' });
    expect(files.map((file) => relative(folder, file)).toSorted()).toEqual([
      'logs/web-1/app.log',
      'plan.json',
      'report.json',
      'summary.md',
    ]);
  });

  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1 KiB'],
    [52_428_800, '50 MiB'],
    [1_288_490_189, '1.2 GiB'],
  ])('of %i bytes is said as %s', (bytes, said) => {
    expect(sayBytes(bytes)).toBe(said);
  });
});
