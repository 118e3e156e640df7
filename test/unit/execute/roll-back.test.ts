/** Undoing an earlier execution from its plan and its journal. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockName } from '../../../src/execute/lock.ts';
import { runExecutor } from '../../../src/execute/run-executor.ts';
import type { RollbackSettings } from '../../../src/job/rollback-settings.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import type { RequestVerdict, Verdict } from '../../../src/plan/verdict.ts';
import { deployment } from '../catalog/cluster-objects.ts';
import { holdClock, passTime, releaseClock, settled } from './clock.ts';
import {
  declaredOf,
  EXECUTION,
  envelopeOf,
  executorPod,
  IDENTITY,
  journalOf,
  playDeployments,
  podPlan,
  ROLLBACK_SETTINGS,
  scalePlan,
} from './executions.ts';
import { FakeApi, on } from './fake-api.ts';

const ROLLBACK = 'scale-deployment-9876543210';
const OWN = executorPod(`${ROLLBACK}-fghij`);
const scaled = on('PATCH', '/scale');

const SHORTENED = { requests: [], shortened: true, changed: false } as const;

/** What became of the execution that is to be undone. */
function past(outcome: RequestVerdict['outcome'], over: Partial<Verdict> = {}): Verdict {
  return {
    version: 1,
    executionId: EXECUTION,
    result: 'succeeded',
    reasonCode: 'ok',
    message: 'done and verified',
    requests: [{ summary: 'set replicas', outcome }],
    checks: [],
    timeline: [],
    logLines: 1,
    ...over,
  };
}

/** Five replicas, as the execution left them. */
function cluster(verdict: Verdict | undefined, spec: object = { replicas: 5 }): FakeApi {
  const pod = {
    ...OWN,
    metadata: {
      ...OWN.metadata,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: ROLLBACK, uid: 'uid-rollback' }],
    },
  };
  const api = new FakeApi(pod, journalOf(verdict), deployment({ spec }));
  playDeployments(api);
  return api;
}

function begin(
  api: FakeApi,
  plan: Plan = scalePlan(5),
  stop = new AbortController(),
  over: Partial<RollbackSettings> = {},
): Promise<Verdict> {
  return runExecutor(envelopeOf(plan), [], {
    declared: {
      ...declaredOf(plan),
      rollsBack: EXECUTION,
      rollbackSettings: { ...ROLLBACK_SETTINGS, ...over },
    },
    api,
    identity: { ...IDENTITY, podName: OWN.metadata.name, podUid: OWN.metadata.uid },
    stop: { signal: stop.signal, afterSeconds: () => (stop.signal.aborted ? 1 : undefined) },
    printLine: () => {},
  });
}

/** The lock of the Deployment. */
function webLock(holderIdentity: string): KubernetesObject {
  const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: lockName(target), namespace: 'kubernetes-executor-locks', uid: 'uid-lock' },
    spec: { holderIdentity, leaseDurationSeconds: 15, leaseTransitions: 0 },
  };
}

function replicas(api: FakeApi): unknown {
  return readPointer(api.read(deployment()), '/spec/replicas');
}

function sent(api: FakeApi): number {
  return api.writes.filter((write) => write.includes('/shop/')).length;
}

beforeEach(holdClock);
afterEach(releaseClock);

describe('a rollback', () => {
  it('rehearses, sends and verifies the undo, under its own name', async () => {
    const api = cluster(past('applied'));
    expect(await settled(begin(api))).toMatchObject({
      executionId: ROLLBACK,
      result: 'succeeded',
      reasonCode: 'ok',
      undo: { requests: [{ outcome: 'applied' }], checks: [{ met: true }, { met: true }] },
    });
    expect(replicas(api)).toBe(2);
    const [rehearsed, ...others] = api.requests.filter(scaled);
    expect(rehearsed?.query).toMatchObject({ dryRun: 'All' });
    expect(others.map(({ query }) => query?.['dryRun'])).toEqual([undefined]);
  });

  it('is refused in the rehearsal where somebody changed the same since', async () => {
    const api = cluster(past('applied'), { replicas: 8 });
    expect(await settled(begin(api))).toMatchObject({
      result: 'refused',
      reasonCode: 'rollback-conflict',
      message: expect.stringContaining('/spec/replicas is 8 now'),
    });
    expect(sent(api)).toBe(0);
  });

  it('passes on what the server says in the rehearsal', async () => {
    const api = cluster(past('applied'));
    api.answer(scaled, { status: 403, message: 'denied by policy' });
    expect(await settled(begin(api))).toMatchObject({
      result: 'refused',
      message: expect.stringContaining('denied by policy'),
    });
    expect(sent(api)).toBe(0);
  });

  it.each([
    ['was undone already', past('applied', { result: 'rolled-back', undo: { requests: [], checks: [] } })],
    ['had changed nothing', past('not-applied', { result: 'failed' })],
    ['had sent nothing', past('applied', { requests: [] })],
    ['was undone, as its shortened verdict says', past('applied', { ...SHORTENED, undone: true })],
    ['had changed nothing, as its shortened verdict says', past('applied', { ...SHORTENED, undone: false })],
  ])('sends nothing where the execution %s', async (_name, verdict) => {
    const api = cluster(verdict);
    expect(await settled(begin(api))).toMatchObject({ result: 'succeeded', reasonCode: 'no-change' });
    expect(sent(api)).toBe(0);
  });

  it('tries again where the undo of the execution itself had failed', async () => {
    const undo = { requests: [], checks: [] };
    const api = cluster(past('applied', { result: 'rollback-failed', undo }));
    expect((await settled(begin(api))).result).toBe('succeeded');
    expect(replicas(api)).toBe(2);
  });

  it.each([
    ['left a verdict without its lists', past('applied', { ...SHORTENED, changed: true })],
    [
      'had sent an undo that nobody could look at',
      past('applied', {
        result: 'cancelled',
        undo: { requests: [], checks: [{ summary: '', met: false, detail: '' }] },
      }),
    ],
  ])('undoes where the execution %s', async (_name, verdict) => {
    const api = cluster(verdict);
    expect((await settled(begin(api))).result).toBe('succeeded');
    expect(replicas(api)).toBe(2);
  });

  it('tries every undo where the execution left no verdict', async () => {
    const api = cluster(undefined);
    expect((await settled(begin(api))).result).toBe('succeeded');
    expect(replicas(api)).toBe(2);
  });

  it('finds nothing to undo where an execution without a verdict had changed nothing', async () => {
    const api = cluster(undefined, { replicas: 2 });
    expect(await settled(begin(api))).toMatchObject({
      result: 'succeeded',
      undo: { requests: [{ outcome: 'not-applied' }], checks: [{ met: true }, { met: true }] },
    });
    expect(replicas(api)).toBe(2);
  });

  it('is refused where there is no undo', async () => {
    const api = cluster(past('applied'));
    expect(await settled(begin(api, podPlan()))).toMatchObject({
      result: 'refused',
      reasonCode: 'irreversible',
    });
    expect(sent(api)).toBe(0);
  });

  it('fails where the undo can not be verified in time', async () => {
    const api = cluster(past('applied'));
    playDeployments(api, () => false);
    expect(await settled(begin(api))).toMatchObject({
      result: 'rollback-failed',
      reasonCode: 'rollback-failed',
    });
  });

  it('fails where somebody is faster between rehearsal and undo', async () => {
    const api = cluster(past('applied'));
    api.lose((request) => {
      const isReal = scaled(request) && request.query?.['dryRun'] === undefined;
      if (isReal) api.change(deployment(), { spec: { replicas: 8 } });
      return isReal;
    }, 'before');
    expect(await settled(begin(api))).toMatchObject({
      result: 'rollback-failed',
      reasonCode: 'rollback-conflict',
    });
    expect(replicas(api)).toBe(8);
  });

  it('does not call verified what it had no time to look at', async () => {
    const api = cluster(past('applied'));
    const stop = new AbortController();
    api.onWrite = ({ path }) => {
      if (path.endsWith('/scale')) stop.abort();
    };
    expect(await settled(begin(api, scalePlan(5), stop))).toMatchObject({
      result: 'cancelled',
      undo: { requests: [{ outcome: 'applied' }], checks: [{ met: false }, { met: false }] },
    });
  });

  it('has times of its own, and 90 seconds at least to be verified', async () => {
    const api = cluster(past('applied'));
    playDeployments(api, () => false);
    let settledAt = Infinity;
    const plan = scalePlan(5, { verifyTimeoutSeconds: 1 });
    const verdict = begin(api, plan, new AbortController(), { verifyTimeoutSeconds: 200 });
    void verdict.then(() => (settledAt = performance.now()));
    const begun = performance.now();
    await settled(verdict);
    expect((settledAt - begun) / 1000).toBeGreaterThan(199);
    const short = cluster(past('applied'));
    playDeployments(short, () => false);
    const shortBegun = performance.now();
    await settled(begin(short, scalePlan(5), new AbortController(), { verifyTimeoutSeconds: 1 }));
    expect((performance.now() - shortBegun) / 1000).toBeGreaterThan(89);
  });

  it.each([
    ['fail', 'refused'],
    ['skip', 'skipped'],
  ] as const)('does what its own on-locked says: %s', async (onLocked, result) => {
    const api = cluster(past('applied'));
    const other = executorPod('other-pod');
    api.put(other);
    api.put(webLock(`kubernetes-executor/other-pod/${other.metadata.uid}`));
    const plan = scalePlan(5, { onLocked: 'wait' });
    const verdict = await settled(begin(api, plan, new AbortController(), { onLocked }));
    expect(verdict).toMatchObject({ result, reasonCode: 'locked' });
  });

  it('says that its time was over where its deadline stops it', async () => {
    const api = cluster(past('applied'));
    playDeployments(api, () => false);
    const stop = new AbortController();
    const verdict = begin(api, scalePlan(5), stop, { runTimeoutSeconds: 1 });
    await passTime(5);
    stop.abort();
    expect(await settled(verdict)).toMatchObject({
      result: 'timed-out',
      reasonCode: 'run-timeout',
      message: expect.stringContaining('run-timeout of 1 s was over: the undo was sent'),
    });
  });

  it('stops waiting when it is to; what was sent stays sent', async () => {
    const api = cluster(past('applied'));
    playDeployments(api, () => false);
    const stop = new AbortController();
    const verdict = begin(api, scalePlan(5), stop);
    await passTime(5);
    stop.abort();
    expect(await settled(verdict)).toMatchObject({ result: 'cancelled', reasonCode: 'cancelled' });
    expect(replicas(api)).toBe(2);
  });
});
