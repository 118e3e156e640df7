import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { openExecutionLog } from '../../../src/run/execution-log.ts';
import { executorPod } from '../execute/executions.ts';
import { FakeApi } from '../execute/fake-api.ts';

it('a log that can no longer be read is told as incomplete, long after it failed, and ends nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'execution-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const api = new FakeApi();
  api.stream = async () => {
    throw new Error('no right to read it any more');
  };
  const log = await openExecutionLog({
    api,
    file: join(folder, 'execution.log'),
    secrets: () => [],
    show: () => undefined,
    report: () => undefined,
    ended: () => false,
  });
  log.begin(executorPod());
  // A rejection that nobody has heard by now ends the process.
  await sleep(20);
  const gap = { reason: expect.stringContaining('no right to read it any more') };
  expect(await log.finish(undefined, 50)).toMatchObject({ complete: false, gaps: [gap] });
});
