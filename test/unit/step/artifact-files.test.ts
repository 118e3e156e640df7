import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/run/report.ts';
import { writeArtifactFiles } from '../../../src/step/artifact-files.ts';
import { maskSecrets } from '../../../src/step/mask.ts';
import { renderSummary } from '../../../src/step/summary.ts';
import { scaledRecord, scalePlan } from './scaled-record.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function logged(changes: Parameters<typeof scaledRecord>[0] = {}, name = 'execution.log') {
  const file = join(folder, name);
  writeFileSync(file, 'line\n');
  const { log } = scaledRecord();
  return scaledRecord({ ...changes, ...(log ? { log: { ...log, file } } : {}) });
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'));
}

describe('the files of the artifact', () => {
  it('of one execution: log, plan, report, summary, for their owner alone', async () => {
    const record = logged();
    const { files } = await writeArtifactFiles({ folder, records: [record], summary: '# summary\n' });
    expect(files.map((file) => basename(file)).toSorted()).toEqual([
      'execution.log',
      'plan.json',
      'report.json',
      'summary.md',
    ]);
    expect(read('report.json')).toEqual(JSON.parse(JSON.stringify(renderReport(record))));
    expect(read('plan.json')).toMatchObject({
      planHash: record.planHash,
      plan: { summary: scalePlan.summary },
    });
    expect(statSync(join(folder, 'report.json')).mode & 0o077).toBe(0);
  });

  it('of several: a plan each, and one report', async () => {
    const records = [logged({ executionId: 'a' }, 'a.log'), logged({ executionId: 'b' }, 'b.log')];
    await writeArtifactFiles({ folder, records, summary: '' });
    expect(readdirSync(folder).toSorted()).toEqual([
      'a.log',
      'a.plan.json',
      'b.log',
      'b.plan.json',
      'report.json',
      'summary.md',
    ]);
    expect(read('report.json')).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'a' } }, {}] });
  });

  it('that can not be written are told, and the others are there', async () => {
    mkdirSync(join(folder, 'report.json'));
    const { files, problems } = await writeArtifactFiles({ folder, records: [logged()], summary: '' });
    expect(files.map((file) => basename(file)).toSorted()).toEqual([
      'execution.log',
      'plan.json',
      'summary.md',
    ]);
    expect(problems).toEqual([expect.stringMatching(/^report.json could not be written: EISDIR/)]);
  });

  it('leave out a log that was never written', async () => {
    const { files } = await writeArtifactFiles({ folder, records: [scaledRecord()], summary: '' });
    expect(files.map((file) => basename(file))).not.toContain('execution.log');
  });

  it('hold no credential of the step, however it is escaped', async () => {
    const secrets = ['s3cr3t_s3cr3t', 'say "s3cr3t"\\'];
    maskSecrets(secrets);
    const record = scaledRecord({ result: 'refused', message: `login failed for ${secrets.join(' and ')}` });
    await writeArtifactFiles({ folder, records: [record], summary: renderSummary([record]) });
    const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(all.join('\n')).not.toMatch(/s3cr3t/);
    expect(read('report.json')).toMatchObject({ status: { message: 'login failed for *** and ***' } });
    expect(readFileSync(join(folder, 'summary.md'), 'utf8')).toContain('login failed for *** and ***');
  });

  it('hold no value of a Secret', async () => {
    const secret = { group: '', version: 'v1', resource: 'secrets', namespace: 'shop', name: 'db' };
    const [request] = scalePlan.requests;
    if (request === undefined) throw new Error('the sample has a request');
    const update = {
      ...request,
      path: secret,
      body: { data: { password: 'aHVudGVyMg==' } },
      effect: {
        kind: 'fields' as const,
        object: secret,
        fields: [{ pointer: '/data/password', before: 'b2xk', after: 'aHVudGVyMg==' }],
      },
    };
    const plan = {
      ...scalePlan,
      requests: [update],
      undo: { kind: 'requests' as const, requests: [{ ...update, undoes: 0 }], checks: [] },
    };
    await writeArtifactFiles({ folder, records: [scaledRecord({ plan })], summary: '' });
    const all = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(all.join('\n')).not.toMatch(/aHVudGVyMg|b2xk/);
    expect(read('report.json')).toMatchObject({
      status: { executionResults: { resourcesAffected: [{ after: { '/data/password': 'changed' } }] } },
    });
  });
});
