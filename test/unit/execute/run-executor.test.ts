/** The flow inside the Job, whole, over the fake: what becomes of the cluster and what the verdict says of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import type { ApiRequest } from '../../../src/cluster/api.ts';
import { lockName } from '../../../src/execute/lock.ts';
import type { Plan, PlannedRequest, UndoRequest } from '../../../src/plan/plan.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { deployment, pod, replicaSet } from '../catalog/cluster-objects.ts';
import { crashingPod } from '../verify/views.ts';
import { holdClock, passTime, releaseClock, settled } from './clock.ts';
import {
  EXECUTION,
  executorPod,
  planOf,
  playDeployments,
  playReplicaSet,
  podPlan,
  RESTARTED_POD,
  restartPlan,
  scalePlan,
  verdictIn,
} from './executions.ts';
import { on } from './fake-api.ts';
import { begin, cluster, LOCKS, lockHolder, replicas, run, targetWrites, WEB } from './running.ts';

const scaled = on('PATCH', '/scale');
const scaledTo = (replicas: number) => (request: ApiRequest) =>
  scaled(request) && JSON.stringify(request.body).endsWith(`"value":${replicas}}]`);

/** deployment/web, then deployment/api, which the plan knows as the same but for its name. */
function twoScales(): Plan {
  const plan = scalePlan(5);
  if (plan.undo.kind === 'irreversible') throw new Error('it has an undo');
  const ofApi: PlannedRequest[] = JSON.parse(
    JSON.stringify(plan.requests).replaceAll('"web"', '"api"').replaceAll('uid-deployment', 'uid-api'),
  );
  const undoOfApi: UndoRequest[] = JSON.parse(
    JSON.stringify(plan.undo.requests).replaceAll('"web"', '"api"').replaceAll('uid-deployment', 'uid-api'),
  );
  return {
    ...plan,
    requests: [...plan.requests, ...ofApi],
    undo: {
      ...plan.undo,
      requests: [...plan.undo.requests, ...undoOfApi.map((request) => ({ ...request, undoes: 1 }))],
    },
  };
}

beforeEach(holdClock);
afterEach(releaseClock);

describe('an execution that goes well', () => {
  it('changes, verifies, frees the lock and leaves its verdict in the journal', async () => {
    const api = cluster(deployment());
    playDeployments(api);
    const { lines, verdict } = begin(scalePlan(5), api);
    expect(await settled(verdict)).toMatchObject({
      version: 1,
      executionId: EXECUTION,
      result: 'succeeded',
      reasonCode: 'ok',
      requests: [{ outcome: 'applied', status: 200 }],
      checks: [{ met: true }],
      logLines: lines.length,
    });
    expect(replicas(api)).toBe(5);
    expect(verdictIn(api)).toEqual(await verdict);
    expect(lockHolder(api)).toBe('');
  });

  it('holds the lock while it sends and verifies, and writes the journal before all else', async () => {
    const api = cluster(deployment());
    const { verdict } = begin(scalePlan(5), api);
    await passTime(3);
    expect(lockHolder(api)).toContain(executorPod().metadata.uid);
    playDeployments(api);
    api.onWrite({ method: 'PATCH', path: '/apis/apps/v1/namespaces/shop/deployments/web/scale' });
    await settled(verdict);
    expect(api.writes.map((write) => write.split('/').at(-1))).toEqual([
      'leases',
      'leases',
      'scale',
      lockName(WEB),
      EXECUTION,
    ]);
  });

  it('tells its milestones in order', async () => {
    const api = cluster(deployment());
    playDeployments(api);
    const { timeline } = await run(scalePlan(5), api);
    const events = timeline.map(({ event }) => event);
    expect(events[0]).toBe('locked');
    expect(events.at(-1)).toBe('verdict: succeeded');
    expect(timeline.map(({ at }) => at)).toEqual(timeline.map(({ at }) => at).toSorted());
  });

  it('does not take the state before its own write for its success', async () => {
    const api = cluster(deployment());
    const { verdict } = begin(restartPlan(), api);
    await passTime(2);
    expect(verdictIn(api)).toBeUndefined();
    playDeployments(api);
    api.onWrite({ method: 'PATCH', path: '/apis/apps/v1/namespaces/shop/deployments/web' });
    expect((await settled(verdict)).result).toBe('succeeded');
  });

  it('restarts a pod', async () => {
    const api = cluster(replicaSet(), pod(RESTARTED_POD));
    playReplicaSet(api);
    expect(await run(podPlan(), api)).toMatchObject({ result: 'succeeded', checks: [{ met: true }] });
    expect(api.read(pod(RESTARTED_POD))).toBeUndefined();
  });
});

describe('an execution that goes wrong', () => {
  it('is undone where it can not be verified, and the undo verified', async () => {
    const api = cluster(deployment());
    playDeployments(api, (live) => readPointer(live, '/spec/replicas') === 2);
    const verdict = await run(scalePlan(5), api);
    expect(verdict).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'verify-timeout',
      checks: [{ met: false }],
      undo: { requests: [{ outcome: 'applied' }], checks: [{ met: true }, { met: true }] },
    });
    expect(replicas(api)).toBe(2);
    expect(lockHolder(api)).toBe('');
  });

  it('is undone early where a pod can not start, and says why', async () => {
    const api = cluster(deployment());
    playDeployments(api, (live) => readPointer(live, '/spec/replicas') === 2);
    const { verdict } = begin(scalePlan(5), api);
    await passTime(5);
    api.put(crashingPod(4));
    expect(await settled(verdict)).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'container-failing',
      message: expect.stringContaining('exit code 137'),
    });
  });

  it('is kept as it is where that was asked for', async () => {
    const api = cluster(deployment());
    playDeployments(api, () => false);
    const verdict = await run(scalePlan(5, { onFailure: 'keep' }), api);
    expect(verdict).toMatchObject({ result: 'timed-out', reasonCode: 'verify-timeout' });
    expect(verdict).not.toHaveProperty('undo');
    expect(verdict.message).toContain('on-failure: keep');
    expect(replicas(api)).toBe(5);
  });

  it('says that there is no undo where there is none', async () => {
    const api = cluster(replicaSet(), pod(RESTARTED_POD));
    playReplicaSet(api, { ...crashingPod(4), metadata: pod('web-new').metadata });
    const verdict = await run(podPlan(), api);
    expect(verdict).toMatchObject({ result: 'failed', reasonCode: 'container-failing' });
    expect(verdict.message).toContain('There is no undo');
    expect(targetWrites(api).length).toBe(1);
  });

  it('changes nothing, and undoes nothing, where the server refuses', async () => {
    const api = cluster(deployment({ spec: { replicas: 7 } }));
    const verdict = await run(scalePlan(5), api);
    expect(verdict).toMatchObject({
      result: 'failed',
      reasonCode: 'conflict',
      requests: [{ outcome: 'not-applied', status: 422 }],
      message: expect.stringContaining('/spec/replicas is 7 now'),
    });
    expect(verdict).not.toHaveProperty('undo');
    expect(replicas(api)).toBe(7);
    const forbidden = cluster(deployment());
    forbidden.answer(scaled, { status: 403, message: 'denied by policy' });
    expect(await run(scalePlan(5), forbidden)).toMatchObject({
      reasonCode: 'request-refused',
      message: expect.stringContaining('denied by policy'),
    });
    const invalid = cluster(deployment());
    invalid.answer(scaled, { status: 422, message: 'is invalid' });
    const plan = scalePlan(5);
    const untested = plan.requests.map((request) => ({ ...request, patchType: 'apply' as const }));
    expect(await run({ ...plan, requests: untested }, invalid)).toMatchObject({
      reasonCode: 'request-refused',
      message: expect.stringContaining('is invalid'),
    });
  });

  it('is undone where nobody knows whether it was carried out', async () => {
    const api = cluster(deployment());
    playDeployments(api);
    api.answer(scaledTo(5), { status: 500, message: 'etcd is sick' }, 99);
    const verdict = await run(scalePlan(5), api);
    expect(verdict).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'request-unknown',
      requests: [{ outcome: 'unknown' }],
      undo: { requests: [{ outcome: 'not-applied', status: 422 }], checks: [{ met: true }, { met: true }] },
    });
    expect(replicas(api)).toBe(2);
  });

  it('undoes what was applied, and that alone', async () => {
    const api = cluster(deployment(), deployment({ metadata: { name: 'api', uid: 'uid-api' } }));
    playDeployments(api);
    api.answer(on('PATCH', '/api/scale'), { status: 403, message: 'denied by policy' });
    const verdict = await run(twoScales(), api);
    expect(verdict).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'request-refused',
      requests: [{ outcome: 'applied' }, { outcome: 'not-applied' }],
      undo: { requests: [{ outcome: 'applied' }] },
    });
    expect(verdict.undo?.requests.length).toBe(1);
    expect(replicas(api)).toBe(2);
  });

  it('says so where somebody else changed the same since: that is left alone', async () => {
    const api = cluster(deployment());
    const { verdict } = begin(scalePlan(5), api);
    await passTime(5);
    api.change(deployment(), { spec: { replicas: 9 } });
    expect(await settled(verdict)).toMatchObject({
      result: 'rollback-failed',
      reasonCode: 'rollback-conflict',
      message: expect.stringContaining('/spec/replicas is 9 now'),
    });
    expect(replicas(api)).toBe(9);
  });

  it('says so where the undo could not be verified', async () => {
    const api = cluster(deployment());
    playDeployments(api, () => false);
    expect(await run(scalePlan(5), api)).toMatchObject({
      result: 'rollback-failed',
      reasonCode: 'rollback-failed',
      undo: { requests: [{ outcome: 'applied' }], checks: [{ met: true }, { met: false }] },
    });
  });

  it('asks of the undo only what held when the plan was made', async () => {
    const api = cluster(deployment());
    playDeployments(api, () => false);
    const short = deployment({ status: { availableReplicas: 1 } });
    const plan = planOf(scaleDeployment, { name: 'web', parameters: { replicas: 5 } }, [short]);
    expect(await run(plan, api)).toMatchObject({
      result: 'rolled-back',
      undo: { checks: [{ summary: 'deployments/web has /spec/replicas as wanted', met: true }] },
    });
    expect(replicas(api)).toBe(2);
  });

  it('says so where nobody can look at what was undone', async () => {
    const api = cluster(deployment());
    playDeployments(api, () => false);
    const play = api.onWrite;
    api.onWrite = (request) => {
      play(request);
      if (!request.path.endsWith('/scale') || replicas(api) !== 2) return;
      api.answer(({ method, path }) => method === 'GET' && path.endsWith('/deployments'), { status: 403 });
    };
    expect(await run(scalePlan(5, { verifyTimeoutSeconds: 20 }), api)).toMatchObject({
      result: 'rollback-failed',
      reasonCode: 'rollback-failed',
      message: expect.stringMatching(/0 of 5 replicas.*The undo was sent but not verified: said 403/),
      undo: {
        requests: [{ outcome: 'applied' }],
        checks: [{ detail: 'said 403' }, { met: false, detail: 'said 403' }],
      },
    });
  });

  it('gives the undo the time of a verification, unless it is to stop', async () => {
    const api = cluster(deployment());
    playDeployments(api, () => false);
    const { verdict } = begin(scalePlan(5, { verifyTimeoutSeconds: 100 }), api);
    await passTime(160);
    expect(replicas(api)).toBe(2);
    api.change(deployment(), { status: { availableReplicas: 2 } });
    expect((await settled(verdict)).result).toBe('rolled-back');
  });

  it('gives it no more than the kubelet does after a stop', async () => {
    const api = cluster(deployment());
    playDeployments(api, () => false);
    const { verdict, stop } = begin(scalePlan(5, { verifyTimeoutSeconds: 300 }), api);
    await passTime(5);
    stop.abort();
    const begun = performance.now();
    expect((await settled(verdict)).result).toBe('rollback-failed');
    expect((performance.now() - begun) / 1000).toBeCloseTo(45, 0);
  });

  it('is undone where it can no longer watch what it verifies', async () => {
    const api = cluster(deployment());
    const { verdict } = begin(scalePlan(5), api);
    await passTime(5);
    const watch = ({ path, query }: { path: string; query?: Readonly<Record<string, string>> }): boolean =>
      path.endsWith('/deployments') && query?.['watch'] === 'true';
    api.answer(watch, { status: 403, message: 'watch is forbidden' });
    playDeployments(api);
    api.put(deployment({ metadata: { annotations: { touched: 'yes' } }, spec: { replicas: 5 } }));
    expect(await settled(verdict)).toMatchObject({
      result: 'rolled-back',
      message: expect.stringContaining('watch is forbidden'),
    });
    expect(replicas(api)).toBe(2);
  });
});

describe('an execution that is stopped', () => {
  it('undoes what it began, and says that it was cancelled', async () => {
    const api = cluster(deployment());
    playDeployments(api, (live) => readPointer(live, '/spec/replicas') === 2);
    const { verdict, stop } = begin(scalePlan(5), api);
    await passTime(5);
    stop.abort();
    expect(await settled(verdict)).toMatchObject({
      result: 'cancelled',
      reasonCode: 'cancelled',
      undo: { checks: [{ met: true }, { met: true }] },
    });
    expect(replicas(api)).toBe(2);
  });

  it('takes no change of its own for that of somebody else where no watch has shown it yet', async () => {
    const api = cluster(deployment());
    playDeployments(api, () => true);
    const play = api.onWrite;
    const { verdict, stop } = begin(scalePlan(5), api);
    api.onWrite = (request) => {
      if (request.path.endsWith('/scale')) {
        api.watchesLag = !api.watchesLag;
        stop.abort();
      }
      play(request);
    };
    expect(await settled(verdict)).toMatchObject({ result: 'cancelled', reasonCode: 'cancelled' });
    expect(replicas(api)).toBe(2);
  });

  it('says that it was a timeout where the stop came at the end of its time', async () => {
    const api = cluster(deployment());
    playDeployments(api, (live) => readPointer(live, '/spec/replicas') === 2);
    const { verdict, stop } = begin(scalePlan(5), api, 600);
    await passTime(5);
    stop.abort();
    expect(await settled(verdict)).toMatchObject({ result: 'rolled-back', reasonCode: 'run-timeout' });
  });

  it('counts for its time what its pod took to start', async () => {
    const long = executorPod();
    const startTime = new Date(Date.now() - 100_000).toISOString();
    const api = cluster(deployment(), { ...long, status: { phase: 'Running', startTime } });
    playDeployments(api, (live) => readPointer(live, '/spec/replicas') === 2);
    const { verdict, stop } = begin(scalePlan(5), api, 500);
    await passTime(5);
    stop.abort();
    expect((await settled(verdict)).reasonCode).toBe('run-timeout');
  });

  it('keeps it where that was asked for', async () => {
    const api = cluster(deployment());
    const { verdict, stop } = begin(scalePlan(5, { onFailure: 'keep' }), api);
    await passTime(5);
    stop.abort();
    expect(await settled(verdict)).toMatchObject({ result: 'cancelled', reasonCode: 'cancelled' });
    expect(replicas(api)).toBe(5);
  });

  it('tells a lock that somebody else took from a cancellation', async () => {
    const api = cluster(deployment());
    playDeployments(api, (live) => readPointer(live, '/spec/replicas') === 2);
    const { verdict } = begin(scalePlan(5), api);
    await passTime(2);
    const lease = api.at(`${LOCKS}/${lockName(WEB)}`);
    if (lease) api.change(lease, { spec: { holderIdentity: 'kubernetes-executor/other/uid-other' } });
    expect(await settled(verdict)).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'locked',
      message: expect.stringContaining('lock'),
    });
    expect(lockHolder(api)).toBe('kubernetes-executor/other/uid-other');
  });

  it('sends nothing where it is stopped before', async () => {
    const api = cluster(deployment());
    const { verdict, stop } = begin(scalePlan(5), api);
    stop.abort();
    expect(await settled(verdict)).toMatchObject({ result: 'cancelled', requests: [] });
    expect(targetWrites(api)).toEqual([]);
    expect(lockHolder(api)).toBe('');
  });
});
