/** What is said of a run that broke after its Job may have come into being: never that nothing was changed, unless it is known. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/run/record.ts';
import { Recording } from '../../../src/run/recording.ts';
import { type JobContext, runJob } from '../../../src/run/run-job.ts';
import { isUnsettled } from '../../../src/run/unsettled.ts';
import { nextSteps } from '../../../src/step/next-steps.ts';
import { EXECUTION, envelopeOf, journalOf, scalePlan } from '../execute/executions.ts';
import { FakeApi, on } from '../execute/fake-api.ts';
import { REQUEST } from '../gates/gate-input.ts';
import { JOB_PATH, jobInput, podWith, RUNNING, SECRET_PATH, verdictOf } from './jobs.ts';

const postJob = on('POST', '/jobs');
const postSecret = on('POST', '/secrets');
const deleteJob = on('DELETE', EXECUTION);
const PENDING = podWith({ waiting: { reason: 'ContainerCreating' } });

let folder = '';
let api: FakeApi;

async function ran(over: Partial<JobContext> = {}, isRollback = false): Promise<RunRecord> {
  const recording = new Recording(EXECUTION, 'run', REQUEST);
  const context: JobContext = {
    cancelled: new AbortController().signal,
    deadlineMs: performance.now() + 60_000,
    report: () => {},
    showLog: () => {},
    logFile: () => join(folder, 'execution.log'),
    onJob: () => {},
    secrets: () => [],
    ...over,
  };
  const envelope = isRollback ? {} : { envelope: envelopeOf(scalePlan(5)) };
  return recording.finish(await runJob({ caller: api, recording, context, input: jobInput(), ...envelope }));
}

/** Called once for each write of this kind that was carried out. */
function upon(match: (path: string, method: string) => boolean, happen: () => void): void {
  const before = api.onWrite;
  api.onWrite = (request) => {
    before(request);
    if (match(request.path, request.method)) happen();
  };
}

function controllerRemovesPods(): void {
  upon(
    (path, method) => method === 'DELETE' && path === JOB_PATH,
    () => api.remove(PENDING),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-job-'));
});

beforeEach(() => {
  api = new FakeApi();
});

describe('a launch that outlasts timeout', () => {
  it('is taken back, and nothing was changed where the Job is gone', async () => {
    controllerRemovesPods();
    // The answer to the Secret never comes: the server holds it back.
    const held = Promise.withResolvers<never>();
    const { send } = api;
    api.send = (request) => {
      if (!postSecret(request)) return send.call(api, request);
      api.put(PENDING);
      request.signal?.addEventListener('abort', () => held.reject(new Error('stopped')), { once: true });
      return held.promise;
    };
    const record = await ran({ deadlineMs: performance.now() + 100 });
    expect(record).toMatchObject({
      result: 'timed-out',
      reasonCode: 'timeout',
      changed: false,
      job: { name: EXECUTION, fate: 'never-started' },
    });
    expect(record.message).not.toContain('before the Job was created');
    expect(api.at(JOB_PATH)).toBeUndefined();
    expect([isUnsettled(record), nextSteps(record)[0]]).toEqual([false, 'Nothing was changed.']);
  });

  it('does not say that nothing was changed where the executor runs', async () => {
    api.answer(deleteJob, { status: 403, message: 'jobs is forbidden' }, 9);
    const { send } = api;
    api.send = async (request) => {
      const answer = await send.call(api, request);
      if (!postSecret(request)) return answer;
      api.put(RUNNING);
      return new Promise((_resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      });
    };
    const record = await ran({ deadlineMs: performance.now() + 100 });
    expect(record).toMatchObject({ result: 'timed-out', changed: true, job: { fate: 'unknown' } });
    expect(record.message).toContain('could not be deleted (jobs is forbidden)');
    expect(isUnsettled(record)).toBe(true);
  });
});

describe('a plan whose answer is lost', () => {
  it('and whose Job can not be deleted either: the executor is lost', async () => {
    api.lose(postSecret, 'before', 99);
    api.answer(deleteJob, { status: 403, message: 'jobs is forbidden' }, 9);
    const record = await ran();
    expect(record).toMatchObject({ result: 'failed', reasonCode: 'executor-lost', changed: true });
    expect(record.message).toContain('connection reset');
    expect(record.message).toContain('could not be deleted (jobs is forbidden)');
    expect(nextSteps(record)[0]).toContain("The executor's verdict is not known.");
  });

  it('and whose Job goes before it starts: nothing was changed', async () => {
    controllerRemovesPods();
    api.lose(postSecret, 'before', 99);
    const record = await ran();
    expect(record).toMatchObject({
      reasonCode: 'cluster-unreachable',
      changed: false,
      job: { fate: 'never-started' },
    });
    expect(isUnsettled(record)).toBe(false);
  });

  it('and whose executor started all the same: its verdict is what counts', async () => {
    api.answer(({ path }) => path.endsWith('/log'), { status: 404 }, 99);
    upon(
      (path, method) => method === 'DELETE' && path === JOB_PATH,
      () => {
        api.put(RUNNING);
        api.put(journalOf(verdictOf()));
      },
    );
    api.answer(postSecret, { status: 500, message: 'etcd is sick' }, 9);
    expect(await ran()).toMatchObject({ result: 'succeeded', changed: true });
  });
});

describe('a Job whose answer is lost', () => {
  it('can not start without its plan, which is then never sent', async () => {
    api.lose(postJob, 'before', 99);
    api.lose(deleteJob, 'before', 99);
    const record = await ran();
    expect(record).toMatchObject({ reasonCode: 'cluster-unreachable', changed: false });
    expect(isUnsettled(record)).toBe(true);
    expect(api.at(SECRET_PATH)).toBeUndefined();
  });

  it('may start where its plan is there already', async () => {
    api.lose(postJob, 'before', 99);
    api.lose(deleteJob, 'before', 99);
    expect(await ran({}, true)).toMatchObject({ reasonCode: 'executor-lost', changed: true });
  });
});

it('a Job that was refused was never there', async () => {
  api.answer(postJob, { status: 403, message: 'may not execute' });
  const record = await ran();
  expect(record).toMatchObject({ result: 'refused', reasonCode: 'execute-forbidden', changed: false });
  expect(record).not.toHaveProperty('job');
  expect(api.requests.some(deleteJob)).toBe(false);
});

describe('a watch that is forbidden while the executor runs', () => {
  it.each([401, 403])('leaves it lost, not refused, and the log finished (%i)', async (status) => {
    let isForbidden = false;
    api.answer((request) => isForbidden && request.method === 'GET', { status, message: 'no longer' }, 99);
    const report = (text: string): void => {
      if (!text.includes('created in')) return;
      isForbidden = true;
      api.put(RUNNING);
    };
    const record = await ran({ report });
    expect(record).toMatchObject({
      result: 'failed',
      reasonCode: 'executor-lost',
      changed: true,
      message: expect.stringContaining('no longer'),
      log: { complete: false },
    });
    expect(await readFile(record.log?.file ?? '', 'utf8')).toBe('');
    expect(isUnsettled(record)).toBe(true);
  });
});
