/** What is wrong on the runner, or with the artifact service, decides nothing about the operation. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, type TestContext } from 'vitest';
import { type Fault, startArtifactService } from './artifact-service.ts';
import { create, pathOf } from './harness/cluster.ts';
import { live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import type { Site } from './harness/site.ts';
import { isOwnCluster, testWith } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

const test = testWith(['scale-deployment', 'collect-logs']);

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };
const PAGE_BYTES = 4096;
const VERIFIED = /; verified in /;
/** Created at the same time. */
const BATCH = 20;

async function replicas({ namespace }: Site): Promise<number | undefined> {
  return (await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas;
}

type OnTestFinished = TestContext['onTestFinished'];

/** A disk of its own with so many bytes left. */
function almostFullDisk(left: number, onTestFinished: OnTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'others'), Buffer.alloc(256 * 1024 - left));
  return folder;
}

describe.runIf(isOwnCluster).concurrent('a full disk', () => {
  test('costs the files, not the operation or its outputs', async ({ site, onTestFinished }) => {
    await deploy(site.namespace, 'web');
    const step = await site.run(scale, { env: { RUNNER_TEMP: almostFullDisk(0, onTestFinished) } });
    expectStep(step, 'succeeded', 'ok');
    expect(await replicas(site)).toBe(2);
    expect(step.outputs).toMatchObject({ changed: 'true', 'logs-complete': 'false', 'report-file': '' });
    const said = step.log.shown.join('\n');
    expect(said).toContain('verified');
    expect(said).toContain('report.json could not be written: ENOSPC');
    expect(JSON.parse(step.outputs['report'] ?? '')).toMatchObject({
      status: {
        executionResults: { log: { complete: false, gaps: [{ reason: expect.stringContaining('ENOSPC') }] } },
      },
    });
  });

  test('that takes no outputs either leaves none by half, and the log tells the result', async ({
    site,
    onTestFinished,
  }) => {
    await deploy(site.namespace, 'web');
    const temp = almostFullDisk(PAGE_BYTES, onTestFinished);
    const folders = { temp, workspace: mkdtempSync(join(tmpdir(), 'e2e-')) };
    const step = await site.run(scale, { folders });
    expect(step.exitCode).toBe(0);
    expect(await replicas(site)).toBe(2);
    expect(step.fileErrors).toEqual([]);
    const said = step.log.shown.join('\n');
    expect(said).toMatch(/^Scaled deployment\/web .*; verified in /m);
    expect(said).toContain('The outputs could not be written: ENOSPC');
  });
});

async function expectGivenUp(site: Site, fault: Fault): Promise<void> {
  const service = await startArtifactService(fault);
  await deploy(site.namespace, 'web');
  const running = site.start(scale, { env: service.env });
  await running.untilLine(VERIFIED);
  const begun = performance.now();
  await running.over;
  // After its minute, and not only when nobody waits any more; a machine may pause.
  expect(performance.now() - begun).toBeLessThan(150_000);
  const step = await running.finished;
  await service.stop();
  expectStep(step, 'succeeded', 'ok');
  expect(step.outputs['artifact-id']).toBe('');
  expect(step.log.shown.at(-1)).toMatch(/artifact (was not uploaded within 60 s|could not be uploaded)/);
}

describe.concurrent('an artifact service', () => {
  test.for<[string, Fault]>([
    ['hangs before the upload', (stage) => (stage === 'CreateArtifact' ? 'stall' : undefined)],
    ['hangs in the middle of it', (stage) => (stage === 'block' ? 'stall' : undefined)],
    ['is down', () => 503],
  ])('that %s is given up, and everything else is there', ([, fault], { site }) =>
    expectGivenUp(site, fault),
  );

  test('that hangs while the workflow is cancelled does not keep the step', async ({
    site,
    onTestFinished,
  }) => {
    const reached = Promise.withResolvers<void>();
    const service = await startArtifactService((stage) => {
      if (stage === 'CreateArtifact') reached.resolve();
      return 'stall';
    });
    onTestFinished(() => service.stop());
    await deploy(site.namespace, 'web');
    const running = site.start(scale, { env: service.env });
    await reached.promise;
    running.signal('SIGINT');
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    // In place of a minute: the runner would kill the step ten seconds after its signal.
    expect(step.log.shown.join('\n')).toContain('was not uploaded within 4 s');
  });
});

describe('a hundred targets', () => {
  test('are all told, in outputs and a summary that GitHub takes', async ({ site }) => {
    const names = Array.from(
      { length: 100 },
      (_, index) => `pod-${String(index).padStart(3, '0')}-${'x'.repeat(200)}`,
    );
    const containers = ['one', 'two'].map((name) => ({ name, image: 'example.invalid/none:1' }));
    const spec = { nodeSelector: { no: 'where' }, containers };
    const make = (name: string) =>
      create(pathOf('pods', site.namespace), { metadata: { name, labels: { app: 'many' } }, spec });
    for (let at = 0; at < names.length; at += BATCH) await Promise.all(names.slice(at, at + BATCH).map(make));
    const step = await site.run({ action: 'collect-logs', selector: 'app=many', 'max-targets': '100' });
    expectStep(step, 'succeeded', 'ok');
    const report = JSON.parse(step.outputs['report'] ?? '') as { status: { shortened?: string } };
    expect(Buffer.byteLength(step.outputs['report'] ?? '')).toBeLessThanOrEqual(48 * 1024);
    expect(report.status.shortened).toContain('report.json');
    expect(step.summary).toContain('200 absent');
    const told = step.log.shown.filter((line) => /^logs\/pod-\d{3}-x+\/(one|two)\.log: absent/.test(line));
    expect(new Set(told).size).toBe(200);
  });
});
