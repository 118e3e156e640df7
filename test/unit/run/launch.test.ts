import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashPlan } from '../../../src/plan/hash.ts';
import type { Envelope } from '../../../src/plan/plan.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { Ended, type Ending } from '../../../src/run/ending.ts';
import { type Launching, launch, rehearseJob } from '../../../src/run/launch.ts';
import { holdClock, releaseClock, settled } from '../execute/clock.ts';
import { EXECUTION, envelopeOf, scalePlan } from '../execute/executions.ts';
import { FakeApi, on } from '../execute/fake-api.ts';
import { JOB_PATH, jobInput, SECRET_PATH } from './jobs.ts';

const jobs = on('POST', '/jobs');
const secrets = on('POST', '/secrets');

function launched(api: FakeApi, launching = begun()) {
  return settled(launch(api, jobInput(), envelopeOf(scalePlan(5)), launching));
}

function begun(signal = new AbortController().signal): Launching {
  return { signal, stage: 'nothing' };
}

/** By so many bytes. */
function tooLarge(bytes: number): Envelope {
  const plan = { ...scalePlan(5), notes: [''] };
  const most = 1_048_576 - Buffer.byteLength(JSON.stringify(envelopeOf(plan)));
  return envelopeOf({ ...plan, notes: ['x'.repeat(most + bytes)] });
}

/** How far a launch that fails has come. */
async function stageOf(api: FakeApi): Promise<Launching['stage']> {
  const launching = begun();
  await expect(launched(api, launching)).rejects.toThrow(/\S/);
  return launching.stage;
}

async function endingOf(promise: Promise<unknown>): Promise<Ending> {
  const error: unknown = await settled(promise.then(() => undefined)).catch((thrown: unknown) => thrown);
  if (error instanceof Ended) return error.ending;
  throw new Error(`no ending: ${String(error)}`);
}

beforeEach(holdClock);
afterEach(releaseClock);

describe('launch', () => {
  it('creates the Job and at once its plan, owned by it and immutable', async () => {
    const api = new FakeApi();
    const job = await launched(api);
    expect(api.writes.map((write) => write.split('/').at(-1))).toEqual(['jobs', 'secrets']);
    expect(job.metadata.name).toBe(EXECUTION);
    expect(api.at(SECRET_PATH)).toMatchObject({
      immutable: true,
      metadata: { ownerReferences: [{ kind: 'Job', name: EXECUTION, uid: job.metadata.uid }] },
    });
  });

  it('mounts a plan whose hash is the declared one', async () => {
    const api = new FakeApi();
    await launched(api);
    const mounted = JSON.parse(String(readPointer(api.at(SECRET_PATH), '/stringData/plan.json')));
    expect(hashPlan(mounted.plan)).toBe(hashPlan(scalePlan(5)));
    expect(JSON.stringify(api.at(JOB_PATH))).toContain(`--plan-hash=${hashPlan(mounted.plan)}`);
  });

  it('adopts the Job of its own first attempt', async () => {
    const api = new FakeApi();
    api.lose(jobs, 'after');
    const job = await launched(api);
    expect(job.metadata.name).toBe(EXECUTION);
    expect(api.at(SECRET_PATH)).toBeDefined();
  });

  it('takes its plan for created where only the answer was lost', async () => {
    const api = new FakeApi();
    api.lose(secrets, 'after');
    await launched(api);
    expect(api.at(JOB_PATH)).toBeDefined();
    expect(api.at(SECRET_PATH)).toBeDefined();
  });

  it('does not adopt a Job of that name with another plan', async () => {
    const api = new FakeApi();
    const other = scalePlan(9);
    await settled(launch(api, jobInput(other), envelopeOf(other), begun()));
    await expect(launched(api)).rejects.toThrow('exists');
    expect(JSON.stringify(api.at(JOB_PATH))).toContain(hashPlan(other));
  });

  it.each([403, 422])(
    'says that the caller may not execute where the Job is refused (%i)',
    async (status) => {
      const api = new FakeApi();
      api.answer(jobs, { status, message: 'ValidatingAdmissionPolicy denied request: may not execute' });
      const ending = await endingOf(launch(api, jobInput(), envelopeOf(scalePlan(5)), begun()));
      expect(ending).toMatchObject({ result: 'refused', reasonCode: 'execute-forbidden' });
      expect(ending.message).toContain('may not execute');
      expect(api.at(SECRET_PATH)).toBeUndefined();
    },
  );

  it('says what to do where the namespace of executors is being deleted', async () => {
    const api = new FakeApi();
    const message =
      'jobs.batch "x" is forbidden: unable to create new content in namespace kubernetes-executor because it is being terminated';
    api.answer(jobs, { status: 403, message });
    const ending = await endingOf(launch(api, jobInput(), envelopeOf(scalePlan(5)), begun()));
    expect(ending).toMatchObject({ result: 'refused', reasonCode: 'execute-forbidden' });
    expect(ending.message).toMatch(/being terminated\. Wait until that namespace is gone/);
  });

  it('says so where its plan is refused', async () => {
    const api = new FakeApi();
    api.answer(secrets, { status: 403, message: 'secrets is forbidden' });
    const ending = await endingOf(launch(api, jobInput(), envelopeOf(scalePlan(5)), begun()));
    expect(ending).toMatchObject({
      reasonCode: 'execute-forbidden',
      message: expect.stringContaining("the API server refused the plan's Secret: secrets is forbidden"),
    });
  });

  it('says so where its plan is more than the API server takes', async () => {
    const api = new FakeApi();
    api.answer(secrets, { status: 413, message: 'Request entity too large: limit is 3145728' });
    const ending = await endingOf(launch(api, jobInput(), envelopeOf(scalePlan(5)), begun()));
    expect(ending).toMatchObject({ result: 'refused', reasonCode: 'target-unsuitable' });
    expect(ending.message).toMatch(/as large as the plan's Secret: .* limit is 3145728\. .*change less/);
  });

  it('sends nothing of a plan that does not fit into a Secret', async () => {
    const api = new FakeApi();
    const launching = begun();
    const ending = await endingOf(launch(api, jobInput(), tooLarge(1), launching));
    expect(ending).toMatchObject({ result: 'refused', reasonCode: 'target-unsuitable' });
    expect(api.requests).toEqual([]);
    expect(launching.stage).toBe('nothing');
  });

  it('knows what the cluster may hold where it fails', async () => {
    const refusing = new FakeApi();
    refusing.answer(jobs, { status: 403 });
    expect(await stageOf(refusing)).toBe('nothing');
    const sick = new FakeApi();
    sick.answer(jobs, { status: 500 }, 9);
    expect(await stageOf(sick)).toBe('job');
    const doubtful = new FakeApi();
    doubtful.lose(jobs, 'after');
    doubtful.answer(jobs, { status: 403 });
    expect(await stageOf(doubtful)).toBe('job');
    const withoutPlan = new FakeApi();
    withoutPlan.answer(secrets, { status: 403 });
    expect(await stageOf(withoutPlan)).toBe('job');
    const planned = new FakeApi();
    planned.lose(secrets, 'after');
    planned.answer(secrets, { status: 403 });
    expect(await stageOf(planned)).toBe('startable');
    const cut = new FakeApi();
    cut.lose(secrets, 'before', 99);
    expect(await stageOf(cut)).toBe('startable');
  });

  it('sends no plan after it was stopped', async () => {
    const api = new FakeApi();
    const stop = new AbortController();
    api.onWrite = () => stop.abort();
    const launching = begun(stop.signal);
    await expect(launched(api, launching)).rejects.toThrow('aborted');
    expect(api.at(SECRET_PATH)).toBeUndefined();
    expect(launching.stage).toBe('job');
  });

  it('passes a fault of the server on as it is', async () => {
    const api = new FakeApi();
    api.answer(jobs, { status: 500, message: 'etcd is sick' }, 9);
    await expect(launched(api)).rejects.toThrow('etcd is sick');
  });

  it('creates no plan for a rollback: that of the execution to undo is there', async () => {
    const api = new FakeApi();
    await settled(launch(api, jobInput(), undefined, begun()));
    expect(api.writes.map((write) => write.split('/').at(-1))).toEqual(['jobs']);
  });
});

describe('rehearseJob', () => {
  it('says by how much a plan is too large, and asks nobody', async () => {
    const api = new FakeApi();
    const ending = await endingOf(rehearseJob(api, jobInput(), tooLarge(7)));
    expect(ending).toMatchObject({ result: 'refused', reasonCode: 'target-unsuitable' });
    expect(ending.message).toMatch(/the plan has 1048583 bytes, 7 more than fit .*change less in one run/);
    expect(api.requests).toEqual([]);
    await settled(rehearseJob(api, jobInput(), tooLarge(0)));
    expect(api.requests).toHaveLength(1);
  });

  it('creates nothing', async () => {
    const api = new FakeApi();
    await settled(rehearseJob(api, jobInput(), envelopeOf(scalePlan(5))));
    expect(api.at(JOB_PATH)).toBeUndefined();
    expect(api.requests[0]?.query).toEqual({ dryRun: 'All', fieldValidation: 'Strict' });
  });

  it('says what admission says', async () => {
    const api = new FakeApi();
    api.answer(jobs, { status: 403, message: 'may not plan rollout-restart' });
    expect(await endingOf(rehearseJob(api, jobInput(), envelopeOf(scalePlan(5))))).toMatchObject({
      reasonCode: 'execute-forbidden',
      message: expect.stringContaining('may not plan rollout-restart'),
    });
  });
});
