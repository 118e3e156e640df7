import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readVerdict, type Verdict, writeVerdict } from '../../../src/plan/verdict.ts';
import { conclude } from '../../../src/run/conclude.ts';
import type { Ending } from '../../../src/run/ending.ts';
import type { FollowEnd } from '../../../src/run/follow.ts';
import { type Following, openFollowing } from '../../../src/run/follow.ts';
import type { LogReport } from '../../../src/run/record.ts';
import { Recording } from '../../../src/run/recording.ts';
import { holdClock, passTime, releaseClock, settled } from '../execute/clock.ts';
import { EXECUTION, executorPod, journalOf } from '../execute/executions.ts';
import { FakeApi } from '../execute/fake-api.ts';
import { REQUEST } from '../gates/gate-input.ts';
import { ended, JOB, JOB_PATH, job, RUNNING, verdictOf, waiting } from './jobs.ts';

const LOG: LogReport = {
  complete: true,
  lines: 4,
  bytes: 99,
  sha256: 'x',
  gaps: [],
  tail: [],
  file: '/tmp/log',
};
const CANCELLED: FollowEnd = { kind: 'cancelled' };
const NOT_STARTED: FollowEnd = { kind: 'not-started', reasonCode: 'schedule-timeout', message: 'no node' };
const TIMEOUT: FollowEnd = { kind: 'timeout' };
const UNDONE: Verdict['undo'] = {
  requests: [{ summary: 'take it back', outcome: 'applied' }],
  checks: [{ summary: 'as before', met: true, detail: '' }],
};

let api: FakeApi;
let following: Following;
let recording: Recording;
let finished: { expected: number | undefined; graceMs: number }[];

function concluded(end: FollowEnd, isCancelled = false): Promise<Ending> {
  return conclude(
    {
      caller: api,
      job: JOB,
      following,
      log: {
        begin: () => {},
        finish: (expected, graceMs) => {
          finished.push({ expected, graceMs });
          return Promise.resolve(LOG);
        },
      },
      recording,
      what: 'scale deployment/web',
      cancelled: isCancelled ? AbortSignal.abort() : new AbortController().signal,
      report: () => {},
    },
    end,
  );
}

/** As it is in a termination message that its lists do not fit into. */
function shortened(verdict: Verdict): Verdict {
  const checks = [{ summary: 'x'.repeat(5_000), met: true, detail: '' }];
  const short = readVerdict(writeVerdict({ ...verdict, checks }, 4096));
  if (short?.shortened !== true) throw new Error('it is whole');
  return short;
}

function deadlineIn(pod: string): unknown {
  return Reflect.get(Object(api.read(executorPod(pod))?.['spec']), 'activeDeadlineSeconds');
}

beforeEach(async () => {
  holdClock();
  finished = [];
  api = new FakeApi(job());
  following = openFollowing(api, JOB);
  recording = new Recording(EXECUTION, 'run', REQUEST);
  recording.learn({ job: { ...JOB, serviceAccount: 'action-scale-deployment' } });
  await passTime(0);
});

afterEach(async () => {
  await settled(Promise.resolve(following[Symbol.asyncDispose]()));
  releaseClock();
});

describe('conclude', () => {
  it.each([
    ['succeeded', {}, true, 0],
    ['failed', { result: 'failed', reasonCode: 'conflict', requests: [] }, false, 1],
    [
      'rolled back',
      { result: 'rolled-back', reasonCode: 'verify-timeout', undo: { requests: [], checks: [] } },
      false,
      1,
    ],
    [
      'not rolled back',
      { result: 'rollback-failed', reasonCode: 'rollback-conflict', undo: { requests: [], checks: [] } },
      true,
      1,
    ],
    ['skipped', { result: 'skipped', reasonCode: 'locked', requests: [] }, false, 0],
  ] as const)('passes the verdict on: %s', async (_name, over, changed, exitCode) => {
    const verdict = verdictOf(over);
    const ending = await settled(concluded({ kind: 'verdict', verdict }));
    expect(ending).toMatchObject({ result: verdict.result, reasonCode: verdict.reasonCode });
    expect(ending.message).toBe(`scale deployment/web: ${verdict.message}`);
    expect(recording.known).toMatchObject({ verdict, changed, job: { exitCode }, log: LOG });
    expect(finished).toEqual([{ expected: verdict.logLines, graceMs: expect.any(Number) }]);
  });

  it.each([
    ['applied', 'succeeded', true, true],
    ['applied', 'rollback-failed', false, true],
    ['not-applied', 'rollback-failed', false, false],
  ] as const)('calls changed what a rollback has sent (%s, %s)', async (outcome, result, met, changed) => {
    const requests = [{ summary: 'take it back', outcome }];
    const undo = { requests, checks: [{ summary: 'as before', met, detail: '' }] };
    await settled(concluded({ kind: 'verdict', verdict: verdictOf({ result, requests: [], undo }) }));
    expect(recording.known.changed).toBe(changed);
  });

  it.each([
    ['succeeded', {}, true],
    ['cancelled', {}, true],
    ['failed', { requests: [] }, false],
    ['rolled-back', { undo: UNDONE }, false],
    ['rollback-failed', { undo: UNDONE }, true],
    ['refused', { requests: [] }, false],
  ] as const)('takes a verdict without its lists by its word: %s', async (result, over, changed) => {
    const verdict = shortened(verdictOf({ result, ...over }));
    await settled(concluded({ kind: 'verdict', verdict }));
    expect(recording.known.changed).toBe(changed);
  });

  it('knows of a verdict without its lists that what somebody else stopped was undone', async () => {
    const verdict = shortened(verdictOf({ result: 'cancelled', reasonCode: 'cancelled', undo: UNDONE }));
    expect(await settled(concluded({ kind: 'verdict', verdict }))).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'interrupted',
    });
    expect(recording.known.changed).toBe(false);
  });

  it('deletes a Job that has not started, and says that nothing was changed', async () => {
    const end: FollowEnd = { kind: 'not-started', reasonCode: 'image-pull-failed', message: 'no image' };
    expect(await settled(concluded(end))).toEqual({
      result: 'failed',
      reasonCode: 'image-pull-failed',
      message: 'scale deployment/web: nothing was changed: no image',
    });
    expect(api.at(JOB_PATH)).toBeUndefined();
    expect(recording.known.changed).toBe(false);
  });

  it('says why it did not start also where its Job can not be deleted', async () => {
    api.answer(({ method }) => method === 'DELETE', { status: 403 });
    const end: FollowEnd = { kind: 'not-started', reasonCode: 'image-pull-failed', message: 'no image' };
    expect((await settled(concluded(end))).reasonCode).toBe('image-pull-failed');
  });

  it('waits until the pod of a Job that has not started is gone', async () => {
    api.put(waiting('ContainerCreating'));
    await passTime(1);
    const ending = concluded(NOT_STARTED);
    await passTime(3);
    api.remove(RUNNING);
    expect((await settled(ending)).message).toContain('nothing was changed');
    expect(recording.known).toMatchObject({ changed: false, job: { fate: 'never-started' } });
  });

  it('goes by the verdict of an executor that started while its Job was being deleted', async () => {
    api.put(waiting('ContainerCreating'));
    await passTime(1);
    const ending = concluded(NOT_STARTED);
    await passTime(1);
    api.put(RUNNING);
    await passTime(20);
    const stopped = verdictOf({ result: 'cancelled', reasonCode: 'cancelled', message: 'stopped half-way' });
    api.put(journalOf(stopped));
    expect(await settled(ending)).toEqual({
      result: 'failed',
      reasonCode: 'schedule-timeout',
      message: expect.stringContaining('stopped half-way'),
    });
    expect(recording.known).toMatchObject({ changed: true, verdict: { result: 'cancelled' } });
  });

  it('does not know what one had done that started so and left no verdict', async () => {
    api.put(waiting('ContainerCreating'));
    await passTime(1);
    const ending = concluded(NOT_STARTED);
    await passTime(1);
    api.put(RUNNING);
    await passTime(1);
    api.remove(RUNNING);
    const { reasonCode, message } = await settled(ending);
    expect(reasonCode).toBe('executor-lost');
    expect(message).toContain('started all the same');
    expect(message).not.toContain('nothing was changed');
    expect(recording.known).toMatchObject({ changed: true, job: { fate: 'unknown' } });
  });

  it('does not say that nothing was changed while the pod is still there', async () => {
    api.put(waiting('ContainerCreating'));
    await passTime(1);
    const begun = performance.now();
    const { reasonCode, message } = await settled(concluded(NOT_STARTED));
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(reasonCode).toBe('schedule-timeout');
    expect(message).not.toContain('nothing was changed');
    expect(recording.known).toMatchObject({ changed: true, job: { fate: 'unknown' } });
  });

  it('does not know what a lost executor had done', async () => {
    api.put(RUNNING);
    api.put(ended(137));
    await passTime(1);
    const ending = await settled(concluded({ kind: 'lost', message: 'exit code 137', hasBegun: true }));
    expect(ending).toMatchObject({ result: 'failed', reasonCode: 'executor-lost' });
    expect(ending.message).toContain('not known what it had done');
    expect(recording.known).toMatchObject({ changed: true, job: { exitCode: 137 } });
  });

  it('names somebody else as the one who stopped the pod', async () => {
    const verdict = verdictOf({ result: 'cancelled', reasonCode: 'cancelled', message: 'stopped' });
    expect(await settled(concluded({ kind: 'verdict', verdict }))).toMatchObject({
      result: 'failed',
      reasonCode: 'interrupted',
    });
    const undone = { ...verdict, undo: { requests: [], checks: [] } };
    expect(await settled(concluded({ kind: 'verdict', verdict: undone }))).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'interrupted',
    });
    const rollback = { ...undone, requests: [] };
    expect(await settled(concluded({ kind: 'verdict', verdict: rollback }))).toMatchObject({
      result: 'failed',
      reasonCode: 'interrupted',
    });
  });
});

describe('a run that is cancelled', () => {
  it('asks the executor to stop and says so, without waiting for its undo', async () => {
    api.put(RUNNING);
    await passTime(1);
    const begun = performance.now();
    expect(await settled(concluded(CANCELLED, true))).toMatchObject({
      result: 'cancelled',
      reasonCode: 'cancelled',
    });
    expect(performance.now() - begun).toBeLessThanOrEqual(2000);
    expect(deadlineIn(RUNNING.metadata.name)).toBe(1);
    expect(api.at(JOB_PATH)).toBeDefined();
    expect(recording.known.changed).toBe(true);
  });

  it('tells the verdict where that is there in time', async () => {
    api.put(RUNNING);
    await passTime(1);
    const ending = concluded(CANCELLED, true);
    await passTime(0.5);
    const message = 'stopped before "set replicas"';
    api.put(journalOf(verdictOf({ result: 'cancelled', reasonCode: 'cancelled', message, requests: [] })));
    expect(await settled(ending)).toMatchObject({
      result: 'cancelled',
      message: expect.stringContaining(message),
    });
    expect(recording.known.changed).toBe(false);
  });

  it('is cancelled all the same where the executor was done in that moment', async () => {
    api.put(RUNNING);
    await passTime(1);
    const ending = concluded(CANCELLED, true);
    await passTime(0.2);
    api.put(journalOf(verdictOf()));
    expect((await settled(ending)).result).toBe('cancelled');
  });

  it('deletes a Job whose pod has not started', async () => {
    api.put(waiting('ContainerCreating'));
    await passTime(1);
    expect((await settled(concluded(CANCELLED, true))).result).toBe('cancelled');
    expect(api.at(JOB_PATH)).toBeUndefined();
    expect(recording.known.changed).toBe(false);
  });

  it('says so in time where the server is away', async () => {
    api.put(RUNNING);
    await passTime(1);
    api.lose(() => true, 'never-sent', 99);
    const begun = performance.now();
    expect((await settled(concluded(CANCELLED, true))).result).toBe('cancelled');
    expect(performance.now() - begun).toBeLessThanOrEqual(2000);
  });
});

describe('a run that takes too long', () => {
  it('gives the executor time for its undo, and tells of that', async () => {
    api.put(RUNNING);
    await passTime(1);
    const ending = concluded(TIMEOUT);
    await passTime(30);
    const undo = { requests: [], checks: [] };
    api.put(journalOf(verdictOf({ result: 'cancelled', reasonCode: 'cancelled', message: 'undone', undo })));
    expect(await settled(ending)).toMatchObject({
      result: 'timed-out',
      reasonCode: 'timeout',
      message: expect.stringContaining('undone'),
    });
    expect(recording.known.changed).toBe(false);
  });

  it('tells of a success that came meanwhile', async () => {
    api.put(RUNNING);
    await passTime(1);
    const ending = concluded(TIMEOUT);
    await passTime(1);
    api.put(journalOf(verdictOf()));
    expect(await settled(ending)).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
  });

  it('does not wait for a server that is away', async () => {
    api.put(RUNNING);
    await passTime(1);
    api.send = () => new Promise(() => undefined);
    const begun = performance.now();
    expect(await settled(concluded(TIMEOUT))).toMatchObject({
      result: 'timed-out',
      reasonCode: 'timeout',
      message: expect.stringContaining(
        'could not be asked to stop (no answer from https://fake.test in time)',
      ),
    });
    const waitedForLog = Math.max(...finished.map(({ graceMs }) => graceMs));
    expect(performance.now() - begun + waitedForLog).toBeLessThan(6_000);
    expect(recording.known.changed).toBe(true);
  });

  it('ends without a verdict where none comes', async () => {
    api.put(RUNNING);
    await passTime(1);
    expect(await settled(concluded(TIMEOUT))).toMatchObject({ result: 'timed-out', reasonCode: 'timeout' });
    expect(recording.known.changed).toBe(true);
  });
});
