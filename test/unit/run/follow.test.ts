import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FollowEnd, type Following, type FollowLimits, openFollowing } from '../../../src/run/follow.ts';
import { holdClock, passTime, releaseClock, settled } from '../execute/clock.ts';
import { journalOf, POD_NAME } from '../execute/executions.ts';
import { FakeApi } from '../execute/fake-api.ts';
import { ended, JOB, job, lockOf, podWith, RUNNING, verdictOf, waiting, warning } from './jobs.ts';

let api: FakeApi;
let following: Following;
let told: string[];

function follow(over: Partial<FollowLimits> = {}): Promise<FollowEnd> {
  return following.until({
    scheduleSeconds: 60,
    deadlineMs: performance.now() + 900_000,
    signal: new AbortController().signal,
    onStarted: () => told.push('started'),
    report: (text) => told.push(text),
    ...over,
  });
}

/** Lets `seconds` pass, then whatever happens. */
async function then(seconds: number, happen: () => unknown): Promise<void> {
  await passTime(seconds);
  happen();
}

beforeEach(async () => {
  holdClock();
  told = [];
  api = new FakeApi();
  following = openFollowing(api, JOB);
  await passTime(0);
});

afterEach(async () => {
  await settled(Promise.resolve(following[Symbol.asyncDispose]()));
  releaseClock();
});

describe('an execution that ends with a verdict', () => {
  it('ends with the journal, without waiting for the container', async () => {
    const end = follow();
    await then(1, () => api.put(job()));
    await then(1, () => api.put(RUNNING));
    await then(9, () => api.put(journalOf()));
    const begun = performance.now();
    api.put(journalOf(verdictOf()));
    expect(await settled(end)).toEqual({ kind: 'verdict', verdict: verdictOf() });
    expect(performance.now() - begun).toBeLessThan(100);
    expect(told).toEqual(['started']);
  });

  it('knows a verdict that was there before it was asked for', async () => {
    api.put(journalOf(verdictOf()));
    await passTime(1);
    expect(await settled(follow())).toMatchObject({ kind: 'verdict' });
  });

  it('takes the journal of this Job alone', async () => {
    const other = journalOf(verdictOf());
    const end = follow({ scheduleSeconds: 5 });
    await then(1, () => api.put({ ...other, metadata: { ...other.metadata, name: 'another' } }));
    expect((await settled(end)).kind).toBe('not-started');
  });

  it('reads the termination message where the journal is missing, after giving it time', async () => {
    const end = follow();
    await then(1, () => api.put(RUNNING));
    const message = JSON.stringify(verdictOf({ result: 'rolled-back', reasonCode: 'verify-timeout' }));
    await then(1, () => api.put(ended(1, message)));
    const begun = performance.now();
    expect(await settled(end)).toMatchObject({ kind: 'verdict', verdict: { result: 'rolled-back' } });
    expect((performance.now() - begun) / 1000).toBeGreaterThanOrEqual(3);
  });

  it('takes the journal rather, where that comes in time', async () => {
    const end = follow();
    await then(1, () => api.put(ended(0, JSON.stringify(verdictOf({ message: 'short' })))));
    await then(1, () => api.put(journalOf(verdictOf({ message: 'whole' }))));
    expect(await settled(end)).toMatchObject({ verdict: { message: 'whole' } });
  });
});

describe('an execution that is lost', () => {
  it.each([
    ['no message', 137, undefined, 'exit code 137'],
    ['words of its own', 1, 'TypeError: x is not a function', 'TypeError'],
    ['an exit code of 0 alone', 0, undefined, 'without a verdict'],
    ['JSON of somebody else', 0, '{"version":2,"result":"succeeded"}', 'without a verdict'],
  ])('tells a container that ended with %s', async (_name, exitCode, message, text) => {
    const end = follow();
    await then(1, () => api.put(RUNNING));
    await then(1, () => api.put(ended(exitCode, message)));
    expect(await settled(end)).toMatchObject({ kind: 'lost', message: expect.stringContaining(text) });
  });

  it('tells why the kubelet ended the pod', async () => {
    const end = follow();
    await then(1, () => api.put(RUNNING));
    const status = { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' };
    await then(1, () => api.put({ ...RUNNING, status }));
    const message = expect.stringContaining('Evicted: The node was low on resource: memory');
    expect(await settled(end)).toMatchObject({ kind: 'lost', message });
  });

  it.each([
    ['never wrote its journal has sent nothing', [], false],
    ['wrote its journal may have sent something', [journalOf()], true],
  ])('that %s', async (_name, objects, hasBegun) => {
    const end = follow();
    await then(1, () => [job(), RUNNING, ...objects].map((object) => api.put(object)));
    await then(1, () => api.put(ended(137)));
    expect(await settled(end)).toMatchObject({ kind: 'lost', hasBegun });
  });

  it('is asked for its journal, whose watch may be cut', async () => {
    const end = follow();
    await then(1, () => [api.put(job()), api.put(RUNNING)]);
    await then(1, () => api.put(ended(1)));
    await then(1, () => {
      api.watchesLag = true;
      api.put(journalOf(verdictOf()));
    });
    expect(await settled(end)).toMatchObject({ kind: 'verdict', verdict: { result: 'succeeded' } });
  });

  it('may have sent something where its journal may have gone with the Job', async () => {
    const end = follow();
    await then(1, () => [api.put(job()), api.put(RUNNING)]);
    await then(1, () => [api.remove(job()), api.put(ended(137))]);
    expect(await settled(end)).toMatchObject({ kind: 'lost', hasBegun: true });
  });

  it('may have sent something where nobody answers', async () => {
    const end = follow();
    await then(1, () => [api.put(job()), api.put(RUNNING)]);
    api.answer(({ method, path }) => method === 'GET' && path.endsWith(JOB.name), { status: 500 }, 99);
    await then(1, () => api.put(ended(137)));
    expect(await settled(end)).toMatchObject({ kind: 'lost', hasBegun: true });
  });

  it('on a node that does not report any more is waited for while it renews its lock', async () => {
    const conditions = [
      { type: 'Ready', status: 'False' },
      { type: 'ContainersReady', status: 'True' },
    ];
    const silent = { ...RUNNING, status: { ...(RUNNING['status'] as object), conditions } };
    const lock = (renewTime: string) => lockOf(`kubernetes-executor/x/${RUNNING.metadata.uid}`, renewTime);
    const end = follow();
    await then(1, () => [api.put(lock('0')), api.put(job()), api.put(RUNNING), api.put(journalOf())]);
    await then(1, () => api.put(silent));
    for (const renewTime of ['1', '2', '3', '4']) await then(5, () => api.put(lock(renewTime)));
    const begun = performance.now();
    expect(told.filter((text) => text.includes('does not report any more'))).toHaveLength(1);
    expect(await settled(end)).toMatchObject({
      kind: 'lost',
      hasBegun: true,
      message: expect.stringContaining('has not renewed its lock'),
    });
    expect(performance.now() - begun).toBeLessThan(12_000);
  });

  it('is not lost with its Job while its pod goes on, which tells in the end what it has done', async () => {
    const end = follow();
    await then(1, () => [api.put(job()), api.put(RUNNING)]);
    await then(1, () => api.remove(job()));
    const verdict = verdictOf({ result: 'rolled-back', reasonCode: 'interrupted' });
    await then(30, () => api.put(ended(1, JSON.stringify(verdict))));
    expect(await settled(end)).toEqual({ kind: 'verdict', verdict });
  });

  it.each([
    ['pod', [RUNNING], 'was removed before it wrote a verdict'],
    ['Job', [job(), RUNNING], 'was deleted by somebody else'],
  ])('tells that its %s was removed', async (_name, objects, text) => {
    const end = follow();
    await then(1, () => [api.put(job()), api.put(RUNNING)]);
    await then(1, () => objects.map((object) => api.remove(object)));
    expect(await settled(end)).toMatchObject({ kind: 'lost', message: expect.stringContaining(text) });
  });
});

describe('an execution that does not start', () => {
  it.each([
    ['InvalidImageName', 'image-pull-failed'],
    ['ErrImageNeverPull', 'image-pull-failed'],
    ['CreateContainerError', 'container-failing'],
  ])('is told from %s at once', async (reason, reasonCode) => {
    const end = follow();
    await then(1, () => api.put(waiting(reason)));
    const message = expect.stringContaining(`about ${reason}`);
    expect(await settled(end)).toEqual({ kind: 'not-started', reasonCode, message });
  });

  it('lets one failed pull pass, and tells the second', async () => {
    const end = follow();
    await then(1, () => api.put(waiting('ErrImagePull')));
    await then(1, () => api.put(waiting('ImagePullBackOff')));
    await then(9, () => api.put(waiting('ErrImagePull')));
    expect(await settled(end)).toMatchObject({ kind: 'not-started', reasonCode: 'image-pull-failed' });
  });

  it('is told from the Events of the Job where there is no pod', async () => {
    const end = follow();
    await then(1, () => api.put(job()));
    await then(1, () => api.put(warning(JOB.name, 'FailedCreate', 'exceeded quota: jobs')));
    expect(await settled(end)).toEqual({
      kind: 'not-started',
      reasonCode: 'job-not-started',
      message: expect.stringContaining('exceeded quota: jobs'),
    });
  });

  it('is waited for until schedule-timeout, saying what for, in the newest words of the cluster', async () => {
    const begun = performance.now();
    const end = follow({ scheduleSeconds: 30 });
    await then(1, () => api.put(podWith({}, { containerStatuses: undefined })));
    api.put(warning(POD_NAME, 'FailedMount', 'secret not found', '12:02'));
    api.put(warning(POD_NAME, 'FailedScheduling', '0/3 nodes are available', '12:01'));
    const result = await settled(end);
    expect(result).toMatchObject({ kind: 'not-started', reasonCode: 'schedule-timeout' });
    expect(JSON.stringify(result)).toContain('FailedMount: secret not found');
    expect((performance.now() - begun) / 1000).toBeCloseTo(30, -1);
    expect(told[0]).toContain('waiting for the executor to start');
  });

  it('is waited for where the Events may not be read', async () => {
    api.answer(({ path }) => path.endsWith('/events'), { status: 403 }, 999);
    expect(await settled(follow({ scheduleSeconds: 10 }))).toMatchObject({
      reasonCode: 'schedule-timeout',
      message: expect.stringContaining('has no pod yet'),
    });
  });

  it('no longer is, once it has started, however long it runs', async () => {
    const end = follow({ scheduleSeconds: 5 });
    await then(1, () => api.put(RUNNING));
    await then(300, () => api.put(journalOf(verdictOf())));
    expect((await settled(end)).kind).toBe('verdict');
  });
});

describe('an execution whose Job is suspended', () => {
  const suspended = { ...job(), spec: { suspend: true } };

  it('is waited for beyond schedule-timeout, which begins when it is resumed', async () => {
    const end = follow({ scheduleSeconds: 5 });
    await then(1, () => api.put(suspended));
    await then(300, () => api.put(job()));
    expect(told.join()).toContain('is suspended');
    expect(told.length).toBeLessThan(30);
    const begun = performance.now();
    expect(await settled(end)).toMatchObject({ kind: 'not-started', reasonCode: 'schedule-timeout' });
    expect((performance.now() - begun) / 1000).toBeLessThan(7);
  });

  it('is not lost with a pod that had not started: it gets another', async () => {
    const end = follow();
    await then(1, () => [api.put(job()), api.put(waiting('ContainerCreating'))]);
    await then(1, () => [api.put(suspended), api.remove(waiting(''))]);
    await then(9, () => [api.put(job()), api.put(RUNNING)]);
    await then(1, () => api.put(journalOf(verdictOf())));
    expect(await settled(end)).toMatchObject({ kind: 'verdict' });
  });

  it('is lost with a pod that had begun, as its journal tells before the kubelet', async () => {
    const end = follow();
    await then(1, () => [api.put(job()), api.put(waiting('ContainerCreating'))]);
    await then(1, () => [api.put(journalOf()), api.put(suspended), api.remove(waiting(''))]);
    expect(await settled(end)).toMatchObject({ kind: 'lost', message: expect.stringContaining('suspended') });
    expect(following.hasStarted()).toBe(true);
  });
});

describe('an execution that has failed before it had a pod', () => {
  it('is told with the words of the Job controller', async () => {
    const end = follow();
    const failed = {
      type: 'Failed',
      status: 'True',
      reason: 'DeadlineExceeded',
      message: 'was active too long',
    };
    await then(1, () => api.put({ ...job(), status: { conditions: [failed] } }));
    expect(await settled(end)).toMatchObject({
      kind: 'lost',
      message: expect.stringContaining('was active too long'),
    });
  });
});

describe('a watch that has gone silent', () => {
  it('does not end an execution as not started that has long begun', async () => {
    const end = follow({ scheduleSeconds: 5 });
    await passTime(1);
    const direct = new FakeApi(job(), RUNNING, journalOf(verdictOf()));
    api.send = (request) => direct.send(request);
    expect(await settled(end)).toMatchObject({ kind: 'verdict' });
  });
});

describe('an execution that is not waited for to its end', () => {
  it('ends within 100 ms of a cancellation', async () => {
    const cancel = new AbortController();
    const end = follow({ signal: cancel.signal });
    await then(1, () => api.put(RUNNING));
    await passTime(2.4);
    const begun = performance.now();
    cancel.abort();
    expect(await settled(end)).toEqual({ kind: 'cancelled' });
    expect(performance.now() - begun).toBeLessThan(100);
  });

  it('ends with the timeout of the whole run', async () => {
    const begun = performance.now();
    const end = follow({ deadlineMs: begun + 20_000 });
    await then(1, () => api.put(RUNNING));
    expect(await settled(end)).toEqual({ kind: 'timeout' });
    expect((performance.now() - begun) / 1000).toBeCloseTo(20, 1);
  });

  it('fails where it may not watch', async () => {
    api.answer(({ path }) => path.endsWith('/pods'), { status: 403, message: 'pods is forbidden' }, 9);
    const other = openFollowing(api, JOB);
    const limits = { scheduleSeconds: 9, deadlineMs: performance.now() + 9000 };
    const end = other.until({
      ...limits,
      signal: new AbortController().signal,
      onStarted: () => {},
      report: () => {},
    });
    await expect(settled(end)).rejects.toThrow('pods is forbidden');
  });
});
