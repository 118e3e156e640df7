/** Logs that are long, and read while parts of the cluster end; minutes in all, so by `npm run test:logs` alone. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect } from 'vitest';
import { readPeak } from '../../bench/step.ts';
import { create, pathOf, remove } from '../e2e/harness/cluster.ts';
import { expectStep } from '../e2e/harness/expect-step.ts';
import type { RunningStep } from '../e2e/harness/run-action.ts';
import { EXECUTOR_NAMESPACE } from '../e2e/harness/site.ts';
import { testWith } from '../e2e/harness/test.ts';
import { kill, limitContainerLogs } from './faults.ts';
import { collectedBy, hashOfFile, printLines, startPrinting, truthOf, untilPhase } from './printing.ts';

const test = testWith(['collect-logs']);

const MILLION = 1_000_000;
const MOST_GROWTH_MB = 120;

/** 200 MB must not be rotated away while they are printed. */
beforeAll(() => limitContainerLogs('1Gi'));

/** Resolves when the file that the step writes has so many bytes; rejects when the step ends before. */
async function untilWritten(running: RunningStep, pod: string, bytes: number): Promise<void> {
  while (sizeOf(running.folders.temp, pod) < bytes) {
    const ended = await Promise.race([running.finished, pause(20, undefined)]);
    if (ended) throw new Error(`it ended before ${bytes} bytes:\n${ended.log.shown.join('\n')}`);
  }
}

function sizeOf(temp: string, pod: string): number {
  const folder = readdirSync(temp).find((name) => name.startsWith('kubernetes-executor-')) ?? '';
  return statSync(join(temp, folder, `logs/${pod}/app.log`), { throwIfNoEntry: false })?.size ?? 0;
}

/** Most memory of the step while it ran, sampled, above what it had when it began to read. */
function watchGrowth(running: RunningStep): () => number {
  let [first, most] = [0, 0];
  const timer = setInterval(() => {
    const now = readPeak(running.pid) ?? 0;
    most = Math.max(most, now);
  }, 50);
  void running.untilLine(/^plan: /).then(() => {
    first = readPeak(running.pid) ?? 0;
  });
  return () => {
    clearInterval(timer);
    return most - first;
  };
}

const ASKED = { action: 'collect-logs', parameters: 'limit-bytes: 1073741824' };

describe('a million lines of 200 MB', () => {
  test('are read whole while the API server is killed three times', async ({ site }) => {
    await startPrinting(site, 'big', printLines(0, MILLION));
    await untilPhase(site, 'big', 'Succeeded');
    const running = site.start({ ...ASKED, target: 'pod/big' });
    const growth = watchGrowth(running);
    for (const part of [1, 2, 3]) {
      await untilWritten(running, 'big', part * 45_000_000);
      await kill('kube-apiserver');
    }
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(collectedBy(step)).toMatchObject({ outcome: 'complete', ...truthOf(MILLION) });
    expect(await hashOfFile(step, 'big')).toBe(truthOf(MILLION).sha256);
    const grown = growth();
    console.log(
      `memory grew by ${grown.toFixed(0)} MB; the step took ${(step.milliseconds / 1000).toFixed(1)} s`,
    );
    expect(grown).toBeLessThan(MOST_GROWTH_MB);
  });

  test('are read whole while the kubelet is killed, where the API server ends the log in good order', async ({
    site,
  }) => {
    await startPrinting(site, 'big', printLines(0, MILLION));
    await untilPhase(site, 'big', 'Succeeded');
    const running = site.start({ ...ASKED, target: 'pod/big' });
    for (const part of [1, 2]) {
      await untilWritten(running, 'big', part * 60_000_000);
      await kill('kubelet-1');
    }
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(collectedBy(step)).toMatchObject({ outcome: 'complete', ...truthOf(MILLION) });
  });

  test('are read whole though the token with which the reading began is revoked', async ({ site }) => {
    await startPrinting(site, 'big', printLines(0, MILLION));
    await untilPhase(site, 'big', 'Succeeded');
    const running = site.start({ ...ASKED, target: 'pod/big' });
    await untilWritten(running, 'big', 60_000_000);
    const account = 'action-collect-logs';
    await remove(pathOf('serviceaccounts', EXECUTOR_NAMESPACE, account));
    await create(pathOf('serviceaccounts', EXECUTOR_NAMESPACE), { metadata: { name: account } });
    await kill('kube-apiserver');
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(collectedBy(step)).toMatchObject({ outcome: 'complete', ...truthOf(MILLION) });
  });
});

describe('one line of 10 MB among others', () => {
  test('costs no more memory than a long log does', async ({ site }) => {
    const long = "head -c 10000000 /dev/zero | tr '\\0' x; echo";
    await startPrinting(site, 'long', `echo first; ${long}; ${long}; echo last`);
    await untilPhase(site, 'long', 'Succeeded');
    const running = site.start({ ...ASKED, target: 'pod/long' });
    const growth = watchGrowth(running);
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(collectedBy(step)).toMatchObject({ outcome: 'complete', lines: 4, bytes: 20_000_013 });
    console.log(`memory grew by ${growth().toFixed(0)} MB`);
    expect(growth()).toBeLessThan(MOST_GROWTH_MB);
  });
});
