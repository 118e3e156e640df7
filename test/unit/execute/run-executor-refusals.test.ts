/** Where the executor must not begin, and verdicts that are given all the same. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockName } from '../../../src/execute/lock.ts';
import { runExecutor } from '../../../src/execute/run-executor.ts';
import { deployment } from '../catalog/cluster-objects.ts';
import { holdClock, releaseClock, settled } from './clock.ts';
import {
  declaredOf,
  EXECUTION,
  envelopeOf,
  executorPod,
  IDENTITY,
  journalOf,
  playDeployments,
  scalePlan,
  verdictIn,
} from './executions.ts';
import { FakeApi, on } from './fake-api.ts';
import { cluster, run, targetWrites, WEB } from './running.ts';

beforeEach(holdClock);
afterEach(releaseClock);

describe('an execution that may not begin', () => {
  it.each([
    ['hash', { planHash: 'sha256:0' }],
    ['action', { action: 'restart-pod' }],
    ['namespace', { scope: { kind: 'namespace', namespace: 'other' } as const }],
  ])('refuses a plan of another %s before it touches anything', async (_name, declared) => {
    const api = cluster(deployment());
    const plan = scalePlan(5);
    const edges = {
      api,
      identity: IDENTITY,
      stop: { signal: new AbortController().signal, afterSeconds: () => undefined },
      printLine: () => {},
    };
    const verdict = runExecutor(envelopeOf(plan), [], {
      ...edges,
      declared: { ...declaredOf(plan), ...declared },
    });
    expect(await settled(verdict)).toMatchObject({ result: 'refused', reasonCode: 'plan-invalid' });
    expect(api.requests).toEqual([]);
  });

  it('sends nothing as the second pod of its Job, and leaves the journal alone', async () => {
    const api = cluster(deployment(), journalOf());
    expect(await run(scalePlan(5), api)).toMatchObject({ result: 'failed', reasonCode: 'interrupted' });
    expect(targetWrites(api)).toEqual([]);
    expect(verdictIn(api)).toBeUndefined();
    expect(api.writes.length).toBe(1);
  });

  it('sends nothing where it can not find itself', async () => {
    const api = new FakeApi(deployment());
    const verdict = await run(scalePlan(5), api);
    expect(verdict).toMatchObject({ result: 'failed', reasonCode: 'interrupted' });
    expect(verdict.message).toMatch(/nothing was sent.*no longer this one/);
    expect(api.writes).toEqual([]);
  });

  it('does not begin in a pod that is to end', async () => {
    const api = new FakeApi(deployment());
    const pod = executorPod();
    api.put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-03-01T12:00:00Z' } });
    expect(await run(scalePlan(5), api)).toMatchObject({ result: 'cancelled', requests: [] });
    expect(api.writes).toEqual([]);
  });

  it('sends nothing where the API server stays away, and says so', async () => {
    const api = cluster(deployment());
    api.lose(() => true, 'never-sent', 99);
    const verdict = await run(scalePlan(5), api);
    expect(verdict).toMatchObject({ result: 'failed', reasonCode: 'cluster-unreachable', requests: [] });
    expect(verdict.message).toContain('nothing was sent');
  });

  it('carries out no plan that has waited for its pod longer than anybody waits for it', async () => {
    const createdAt = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
    const start = async (waitedSeconds: number) => {
      const api = new FakeApi(deployment());
      playDeployments(api);
      const pod = executorPod();
      api.put({ ...pod, metadata: { ...pod.metadata, creationTimestamp: createdAt(waitedSeconds) } });
      return { api, verdict: await run(scalePlan(5, { scheduleTimeoutSeconds: 60 }), api) };
    };
    const late = await start(80);
    expect(late.verdict).toMatchObject({ result: 'refused', reasonCode: 'schedule-timeout', requests: [] });
    expect(late.verdict.message).toContain('nothing was sent');
    expect(verdictIn(late.api)).toMatchObject({ reasonCode: 'schedule-timeout' });
    expect(targetWrites(late.api)).toEqual([]);
    expect((await start(62)).verdict).toMatchObject({ result: 'succeeded' });
  });

  it.each([
    ['fail', 'refused'],
    ['skip', 'skipped'],
  ] as const)('with on-locked: %s is %s where another one works on the target', async (onLocked, result) => {
    const api = cluster(deployment(), executorPod('other'), {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: lockName(WEB), namespace: 'kubernetes-executor-locks', uid: 'uid-lock' },
      spec: { holderIdentity: 'kubernetes-executor/other/uid-other' },
    });
    expect(await run(scalePlan(5, { onLocked }), api)).toMatchObject({
      result,
      reasonCode: 'locked',
      message: expect.stringContaining('other'),
    });
    expect(targetWrites(api)).toEqual([]);
    expect(verdictIn(api)?.result).toBe(result);
  });
});

describe('the verdict', () => {
  it('is given where even the journal can not be closed', async () => {
    const api = cluster(deployment());
    playDeployments(api);
    api.lose(on('PATCH', EXECUTION), 'before', 99);
    expect((await run(scalePlan(5), api)).result).toBe('succeeded');
    expect(verdictIn(api)).toBeUndefined();
  });

  it('is not lost over a lock that can not be given back', async () => {
    const api = cluster(deployment());
    playDeployments(api);
    api.lose(on('PUT', lockName(WEB)), 'before', 99);
    expect((await run(scalePlan(5), api)).result).toBe('succeeded');
    expect(verdictIn(api)?.result).toBe('succeeded');
  });

  it('is given where the lock can not be had for a fault of the server', async () => {
    const api = cluster(deployment());
    api.answer(on('GET', lockName(WEB)), { status: 403, message: 'leases is forbidden' }, 9);
    expect(await run(scalePlan(5), api)).toMatchObject({
      result: 'failed',
      message: expect.stringContaining('leases is forbidden'),
    });
    expect(verdictIn(api)?.result).toBe('failed');
    expect(targetWrites(api)).toEqual([]);
  });
});
