import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fence, text } from '../../../src/step/markdown.ts';
import { renderProblems, renderSummary, writeSummary } from '../../../src/step/summary.ts';
import { publishedSummary } from '../../e2e/harness/runner-files.ts';
import { hostileRecord } from './hostile-record.ts';
import { activeIn, cellsOf, readMarkdown } from './markdown-model.ts';
import { recordWithout, rolledBack, scaledRecord } from './scaled-record.ts';

/** Pieces that markup is made of, so that random text comes near to it. */
const PIECES = [
  '``` ```` ~~~ ` * ** _ [ ] ( ) ![ ]( < > &lt; | \\ ===  --- $$x$$ :tada: word'.split(' '),
  '@octocat #1 GH-1 acme/ops#2 https://example.com www.example.com a@b.example'.split(' '),
  ['<img src=x>', '</details>', '<!--', '# heading', '- item', '1. item', '> quote'],
  ['\n', '\r', '\r\n', '\n\n', '\t', ' ', '    ', '\0', '\u2028', '\u001b[31m', '\u200b'],
].flat();

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 4 })), {
    minLength: 1,
    maxLength: 25,
  })
  .map((pieces) => pieces.join(''));

/** The summary's own HTML. */
const OWN = /^<details><summary>End of the log \(\d+ lines in all\)<\/summary>$|^<\/details>$/;

describe('text of others', () => {
  it('is one line without any markup', () => {
    fc.assert(
      fc.property(hostile, (untrusted) => {
        const line = text(untrusted);
        expect(line).not.toMatch(/[\r\n\u2028\u2029]/);
        expect(activeIn(line)).toEqual([]);
        expect(line).not.toMatch(/^(?:#|[-+=]|\d+[.)]|\s)/);
        expect(cellsOf(`| ${line} |`)).toHaveLength(1);
      }),
      { numRuns: 3000 },
    );
  });

  it('can still be read', () => {
    expect(text('deployment/web in shop: 2 of 3 (50%), see "web-7f9c"')).toBe(
      'deployment/web in shop: 2 of 3 (50%), see "web-7f9c"',
    );
  });

  it('does not end the block of code it stands in', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (lines) => {
        const { code, prose, isOpen } = readMarkdown(fence(lines, 'text'));
        expect({ blocks: code.length, prose, isOpen }).toEqual({ blocks: 1, prose: [], isOpen: false });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the summary', () => {
  it('has the same markup whatever the words in it are', () => {
    const benign = readMarkdown(renderSummary([hostileRecord('word')]));
    fc.assert(
      fc.property(hostile, (untrusted) => {
        const read = readMarkdown(renderSummary([hostileRecord(`${untrusted}w`)]));
        expect(read.isOpen).toBe(false);
        expect(read.headings.slice(1)).toEqual(benign.headings.slice(1));
        const prose = read.prose.filter((line) => !OWN.test(line));
        for (const line of prose.filter((one) => !one.startsWith('|'))) expect(activeIn(line)).toEqual([]);
        expect(prose.filter((line) => line.startsWith('|')).map((row) => cellsOf(row).length)).toEqual(
          benign.prose.filter((line) => line.startsWith('|')).map((row) => cellsOf(row).length),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('tells a success: what was asked, plan, diff, timeline, before and after, log, how to undo', () => {
    const summary = renderSummary([scaledRecord()]);
    for (const part of [
      '## Succeeded: scale deployment/web in shop from 2 to 3 replicas',
      '| Parameters | {"replicas":3} |',
      '1. set replicas of deployment/web from 2 to 3 (rehearsal: accepted)',
      '- /spec/replicas: 2\n+ /spec/replicas: 3',
      '| 0.70 s | job created |',
      '| Deployment web | /spec/replicas | 2 | 3 | applied |',
      '| set replicas of deployment/web from 2 to 3 | applied | 200 |',
      '| deployment/web has 3 available replicas | yes | 3 of 3 |',
      'set replicas of deployment/web from 2 to 3: 200',
      'mode: rollback with execution-id: scale-deployment-7c2e9b41d0',
    ]) {
      expect(summary).toContain(part);
    }
  });

  it('tells a failure: the check that was not met, and that the change was undone', () => {
    const summary = renderSummary([rolledBack]);
    expect(summary).toContain('## Rolled back: scale deployment/web');
    expect(summary).toContain('| deployment/web has 3 available replicas | no | 2 of 3 |');
    expect(summary).toContain('The change was undone: deployment/web in shop is as it was before.');
  });

  it('shows what is missing and the YAML to apply', () => {
    const summary = renderSummary([
      recordWithout(['job', 'verdict', 'log', 'rehearsal'], {
        result: 'refused',
        reasonCode: 'permission-missing',
        message: 'a permission is missing',
        permissions: [
          { who: 'caller', identity: 'a', permission: 'get pods in shop', allowed: 'yes' },
          { who: 'action', identity: 'b', permission: 'patch x', allowed: 'no', grant: 'kind: RoleBinding' },
        ],
      }),
    ]);
    expect(summary).toContain('```yaml\nkind: RoleBinding\n```');
    expect(summary.indexOf('| action | patch x | no |')).toBeLessThan(summary.indexOf('| caller |'));
    expect(summary).toContain('- Nothing was changed.');
  });

  it('says how much of each table it leaves out', () => {
    const { verdict } = scaledRecord();
    const summary = renderSummary([
      scaledRecord({
        message: 'line\n'.repeat(500),
        ...(verdict && {
          verdict: {
            ...verdict,
            requests: Array.from({ length: 203 }, (_, index) => ({
              summary: `request ${index}`,
              outcome: 'applied' as const,
            })),
            checks: Array.from({ length: 201 }, (_, index) => ({
              summary: `check ${index}`,
              met: true,
              detail: '',
            })),
          },
        }),
        gates: Array.from({ length: 202 }, () => ({
          gate: 'g',
          verdict: 'warn' as const,
          reasonCode: 'gitops-managed' as const,
          message: 'm',
        })),
      }),
    ]);
    expect(summary).toContain('| request 199 | applied |  |\n| … and 3 more |  |  |');
    expect(summary).toContain('| check 199 | yes |  |\n| … and 1 more |  |  |');
    expect(summary).toContain('| … and 2 more |  |  |  |');
    expect(summary).toContain('line\n… and 100 more');
  });

  it('hides values of fields named like a credential', () => {
    const request = { ...scaledRecord().request, parameters: { password: 'hunter22' } };
    expect(renderSummary([scaledRecord({ request })])).not.toContain('hunter22');
  });

  it('is published however much there is to say', () => {
    const much = 'ÄÖÜ`'.repeat(20_000);
    const record = {
      ...hostileRecord(much),
      timeline: Array.from({ length: 5000 }, () => ({ at: 'x', event: much })),
    };
    const summaries = [1, 20, 1000].map((count) =>
      renderSummary(Array.from({ length: count }, () => record)),
    );
    for (const summary of summaries) {
      expect(publishedSummary(summary) === summary).toBe(true);
      expect(readMarkdown(summary).isOpen).toBe(false);
    }
    expect(summaries.map((summary) => summary.includes('Shortened to fit'))).toEqual([false, true, true]);
    const problems = renderProblems({
      result: 'refused',
      reasonCode: 'input-invalid',
      message: `${much}\n`.repeat(1000),
    });
    expect(publishedSummary(problems) === problems).toBe(true);
  });
});

describe('the summary of a run without an execution', () => {
  it('says that nothing was changed only where that is known', () => {
    const bug = { result: 'failed', reasonCode: 'internal-error', message: 'x is not a function' } as const;
    expect(renderProblems(bug)).toContain('## Failed: internal-error');
    expect(renderProblems(bug)).not.toContain('Nothing was changed');
    const refused = renderProblems({ ...bug, result: 'refused', reasonCode: 'input-invalid' });
    expect(refused).toContain('## Refused: input-invalid\n\nNothing was changed.');
  });
});

describe('writing the summary', () => {
  const folder = mkdtempSync(join(tmpdir(), 'summary-'));
  const file = join(folder, 'summary.md');

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(file, { force: true });
  });

  it('appends to what is there, unless GitHub would drop the whole', () => {
    writeFileSync(file, '# before\n');
    vi.stubEnv('GITHUB_STEP_SUMMARY', file);
    expect(writeSummary('after\n')).toBeUndefined();
    expect(readFileSync(file, 'utf8')).toBe('# before\nafter\n');
    expect(writeSummary('x'.repeat(1024 * 1024))).toContain('left out');
    expect(readFileSync(file, 'utf8')).toBe('# before\nafter\n');
  });

  it('says so outside GitHub Actions, and where the file is gone or can not be looked at', () => {
    vi.stubEnv('GITHUB_STEP_SUMMARY', '');
    expect(writeSummary('x')).toContain('GITHUB_STEP_SUMMARY is not set');
    vi.stubEnv('GITHUB_STEP_SUMMARY', join(folder, 'gone'));
    expect(writeSummary('x')).toContain('could not be written');
    vi.stubEnv('GITHUB_STEP_SUMMARY', file);
    symlinkSync(file, file);
    expect(writeSummary('x')).toMatch(/^The step summary could not be written: ELOOP/);
  });
});
