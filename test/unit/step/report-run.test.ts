import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { notBegun } from '../../../src/run/not-begun.ts';
import type { RunRecord } from '../../../src/run/record.ts';
import { reportRefusal, reportRun } from '../../../src/step/report-run.ts';
import { readFileCommands } from '../../e2e/harness/runner-files.ts';
import { OPTIONS } from '../gates/gate-input.ts';
import { recordWithout, scaledRecord } from './scaled-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'report-'));
const file = join(folder, 'state');
const { signal: cancelled } = new AbortController();
const lost = recordWithout(['verdict'], { result: 'failed', reasonCode: 'executor-lost', message: 'lost' });

/** What main tells its post step of whether there is nothing left to do. */
async function finished(...records: readonly RunRecord[]): Promise<string | undefined> {
  await reportRun(records, { ...OPTIONS, uploadArtifact: 'never' }, { folder, cancelled });
  return readFileCommands(readFileSync(file, 'utf8')).values['finished'];
}

function withFate(fate: 'never-started' | 'unknown'): RunRecord {
  const { job } = lost;
  if (!job) throw new Error('it has a Job');
  return { ...lost, reasonCode: 'schedule-timeout', job: { ...job, fate } };
}

beforeEach(() => {
  writeFileSync(file, '');
  vi.stubEnv('GITHUB_STATE', file);
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY']) vi.stubEnv(name, '');
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the post step', () => {
  it('has nothing to do where a verdict came, or where the Job is gone or was never created', async () => {
    expect(await finished(scaledRecord())).toBe('true');
    expect(await finished(withFate('never-started'))).toBe('true');
    expect(await finished(recordWithout(['job', 'verdict'], { result: 'refused' }))).toBe('true');
  });

  it.each([['lost', lost] as const, ['not known to be gone', withFate('unknown')] as const])(
    'looks after an executor that is %s',
    async (_name, record) => {
      expect(await finished(scaledRecord(), record)).toBeUndefined();
    },
  );
});

describe('a result that can not be told', () => {
  const options = { ...OPTIONS, uploadArtifact: 'never' } as const;
  const outputs = join(folder, 'outputs');
  const broken = (record: RunRecord): RunRecord =>
    Object.defineProperty({ ...record }, 'timeline', {
      get: () => {
        throw new TypeError('no timeline');
      },
    });

  beforeEach(() => {
    writeFileSync(outputs, '');
    vi.stubEnv('GITHUB_OUTPUT', outputs);
  });

  it('in the summary stands in the outputs, and the post step has nothing to do', async () => {
    const loop = join(folder, 'loop');
    symlinkSync(loop, loop);
    vi.stubEnv('GITHUB_STEP_SUMMARY', loop);
    expect(await finished(scaledRecord())).toBe('true');
    expect(readFileCommands(readFileSync(outputs, 'utf8')).values).toMatchObject({
      result: 'succeeded',
      changed: 'true',
      'execution-id': scaledRecord().executionId,
    });
  });

  it.each([
    ['success', scaledRecord(), true],
    ['failure', lost, false],
  ])('for a mistake of our own stands all the same: a %s', async (_name, record, succeeds) => {
    expect(await reportRun([broken(record)], options, { folder, cancelled })).toBe(succeeds);
    const printed = vi.mocked(process.stdout.write).mock.calls.map(([text]) => String(text));
    expect(printed.join('')).toMatch(/::warning .*The result stands, but could not be told.*no timeline/);
    expect(readFileSync(outputs, 'utf8')).not.toContain('internal-error');
  });
});

describe('executions that were not begun', () => {
  it('are told also where the step succeeds: in the log, and beside the run', async () => {
    const skipped = scaledRecord({ result: 'skipped', reasonCode: 'locked', changed: false });
    const records = [skipped, notBegun(skipped.request, 'run', skipped)];
    const options = { ...OPTIONS, uploadArtifact: 'never' } as const;
    expect(await reportRun(records, options, { folder, cancelled })).toBe(true);
    const printed = vi.mocked(process.stdout.write).mock.calls.map(([text]) => String(text));
    expect(printed.filter((text) => text.startsWith('::warning'))).toEqual([
      expect.stringMatching(
        /title=1 of the spec's executions not begun::scale-deployment on deployment\/web/,
      ),
    ]);
    const said = printed.filter((text) => text.includes('not begun') && !text.startsWith('::'));
    expect(said.join('')).toContain(
      'not begun, since scale-deployment-7c2e9b41d0 before it ended as skipped',
    );
  });
});

describe('what is printed of a refusal', () => {
  it('has no line that is longer than the runner can bear', () => {
    reportRefusal({
      result: 'refused',
      reasonCode: 'input-invalid',
      message: `first\n${'x'.repeat(50_000)}`,
    });
    const printed = vi.mocked(process.stdout.write).mock.calls.map(([text]) => String(text));
    const lines = printed.flatMap((text) => text.split('\n')).filter((line) => !line.startsWith('::error'));
    expect(lines).toContain('first');
    expect(Math.max(...lines.map((line) => line.length))).toBe(4000);
    expect(lines.join('').replace(/[^x]/g, '')).toHaveLength(50_000);
  });
});
