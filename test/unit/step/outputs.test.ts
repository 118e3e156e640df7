import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cordonNode } from '../../../src/catalog/cordon-node.ts';
import { renderReport } from '../../../src/run/report.ts';
import { maskSecrets } from '../../../src/step/mask.ts';
import { OUTPUTS } from '../../../src/step/output-registry.ts';
import { artifactOutputs, renderOutputs, writeOutputs } from '../../../src/step/outputs.ts';
import { shortenReport } from '../../../src/step/shorten-report.ts';
import { readFileCommands } from '../../e2e/harness/runner-files.ts';
import { hostileRecord } from './hostile-record.ts';
import { recordWithout, rolledBack, scaledRecord } from './scaled-record.ts';

const MOST_BYTES = 48 * 1024;
const artifact = { id: 77, name: 'a', url: 'https://github.com/x/y/z', digest: 'abc', bytes: 9 };

describe('outputs', () => {
  it('of a success', () => {
    const { report, ...outputs } = renderOutputs([scaledRecord()], {
      artifact,
      reportFile: '/tmp/report.json',
    });
    expect(outputs).toEqual({
      result: 'succeeded',
      'reason-code': 'ok',
      message: 'scale deployment/web in shop from 2 to 3 replicas: 3 of 3 replicas are available',
      changed: 'true',
      'execution-id': 'scale-deployment-7c2e9b41d0',
      'plan-hash': scaledRecord().planHash,
      'plan-artifact-id': '77',
      'risk-level': 'low',
      environment: 'production',
      'job-name': 'scale-deployment-7c2e9b41d0',
      'job-namespace': 'kubernetes-executor',
      'exit-code': '0',
      'effectiveness-score': '1',
      'duration-seconds': '2.134',
      'logs-complete': 'true',
      'artifact-id': '77',
      'artifact-url': 'https://github.com/x/y/z',
      'artifact-name': 'a',
      'artifact-digest': 'abc',
      'report-file': '/tmp/report.json',
    });
    expect(JSON.parse(report)).toEqual(JSON.parse(JSON.stringify(renderReport(scaledRecord()))));
  });

  it('of a run whose message repeats a credential are without it', () => {
    maskSecrets(['s3cr3t "s3cr3t"']);
    const { message, report } = renderOutputs([scaledRecord({ message: 'denied for s3cr3t "s3cr3t"' })]);
    expect(message).toBe('denied for ***');
    expect(JSON.parse(report)).toMatchObject({ status: { message: 'denied for ***' } });
  });

  it('of a plan: what only an execution knows is empty', () => {
    const outputs = renderOutputs(
      [recordWithout(['job', 'verdict', 'log'], { result: 'planned', reasonCode: 'planned', mode: 'plan' })],
      { jobNamespace: 'kubernetes-executor' },
    );
    expect(outputs).toMatchObject({
      result: 'planned',
      changed: 'true',
      'plan-hash': scaledRecord().planHash,
      'job-name': '',
      'job-namespace': 'kubernetes-executor',
      'exit-code': '',
      'effectiveness-score': '',
      'logs-complete': '',
      'artifact-id': '',
    });
  });

  it('of a run that ended before its first execution', () => {
    const ending = {
      result: 'refused',
      reasonCode: 'input-invalid',
      message: 'replicas: not a number',
    } as const;
    expect(renderOutputs([], { ending })).toMatchObject({
      result: 'refused',
      'reason-code': 'input-invalid',
      message: 'replicas: not a number',
      changed: 'false',
      environment: 'unknown',
      'execution-id': '',
      report: '',
    });
  });

  it('of several tell the worst result, and the names of the last', () => {
    const skipped = scaledRecord({
      executionId: 'last',
      result: 'skipped',
      reasonCode: 'locked',
      changed: false,
      finishedAt: '2026-03-01T10:00:09.000Z',
      risk: { level: 'high', score: 0.7, factors: [] },
      log: undefined as never,
    });
    expect(renderOutputs([scaledRecord(), rolledBack, skipped])).toMatchObject({
      result: 'rolled-back',
      'reason-code': 'image-pull-failed',
      message: expect.stringMatching(/^1 of 3 executions succeeded\. .*the change was undone$/),
      changed: 'true',
      'execution-id': 'last',
      'risk-level': 'high',
      'duration-seconds': '9',
      'logs-complete': 'false',
    });
  });

  it('have an environment even where the namespace was never read, and it is never guessed', () => {
    const unread = recordWithout(['environment']);
    expect(renderOutputs([unread]).environment).toBe('unknown');
    expect(renderReport(unread).status.environment).toBe('unknown');
    const onNode = { ...unread.request, action: cordonNode };
    expect(renderOutputs([{ ...unread, request: onNode }]).environment).toBe('cluster');
  });

  it('count as effective what was verified of all that was to be', () => {
    expect(renderOutputs([rolledBack])['effectiveness-score']).toBe('0');
    const { verdict, plan } = scaledRecord();
    const twoChecks = plan && { ...plan, checks: [...plan.checks, ...plan.checks] };
    const half = scaledRecord({ ...(twoChecks ? { plan: twoChecks } : {}), ...(verdict ? { verdict } : {}) });
    expect(renderOutputs([half])['effectiveness-score']).toBe('0.5');
  });
});

describe('the report output', () => {
  it('has at most 48 KiB, is JSON, and says so where it was shortened', () => {
    for (const [length, count] of [
      [3_000, 1],
      [100_000, 1],
      [3_000, 40],
      [30, 2000],
    ] as const) {
      const report = renderReport(hostileRecord('Ä"\n'.repeat(length)));
      const json = shortenReport(Array.from({ length: count }, () => report));
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MOST_BYTES);
      expect(json).toContain('Shortened to fit');
      const parsed = JSON.parse(json);
      expect((count === 1 ? parsed : parsed.items.at(-1)).status.result).toBe('rolled-back');
    }
  });

  it('is whole where it fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const report = renderReport(hostileRecord(text));
        expect(JSON.parse(shortenReport([report]))).toEqual(JSON.parse(JSON.stringify(report)));
      }),
    );
  });

  it('of several is a List in order', () => {
    const list = JSON.parse(renderOutputs([scaledRecord(), rolledBack]).report);
    expect(list.kind).toBe('List');
    expect(list.items.map((item: { status: { result: string } }) => item.status.result)).toEqual([
      'succeeded',
      'rolled-back',
    ]);
  });
});

describe('writing outputs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
  const file = join(folder, 'output');

  beforeEach(() => {
    writeFileSync(file, '');
    vi.stubEnv('GITHUB_OUTPUT', file);
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(file, { force: true });
  });

  it('reaches the runner as it was given, whatever is in the texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        writeFileSync(file, '');
        const outputs = renderOutputs([hostileRecord(`${text}\nresult=succeeded\nEOF\nresult<<x`)]);
        expect(writeOutputs(outputs)).toBeUndefined();
        const { values, error } = readFileCommands(readFileSync(file, 'utf8'));
        expect(error).toBeUndefined();
        expect(Object.keys(values).toSorted()).toEqual(OUTPUTS.map(({ name }) => name).toSorted());
        expect(values['result']).toBe('rolled-back');
        expect(values['message']).toBe(outputs.message);
      }),
    );
  });

  it('lets the artifact follow, once it is uploaded', () => {
    writeOutputs(renderOutputs([scaledRecord()]));
    writeOutputs(artifactOutputs(artifact, [scaledRecord()]));
    const { values } = readFileCommands(readFileSync(file, 'utf8'));
    expect(values).toMatchObject({ result: 'succeeded', 'artifact-id': '77', 'plan-artifact-id': '77' });
  });

  it('says so outside GitHub Actions and where the file is gone', () => {
    const outputs = renderOutputs([scaledRecord()]);
    vi.stubEnv('GITHUB_OUTPUT', join(folder, 'gone'));
    expect(writeOutputs(outputs)).toContain('no such file');
    vi.stubEnv('GITHUB_OUTPUT', '');
    expect(writeOutputs(outputs)).toContain('GITHUB_OUTPUT is not set');
  });
});
