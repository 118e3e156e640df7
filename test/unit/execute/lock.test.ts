import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLocks, type HeldLocks, type LockRequest, lockName } from '../../../src/execute/lock.ts';
import type { KubernetesObject, ObjectRef } from '../../../src/plan/objects.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { holdClock, passTime, releaseClock, settled } from './clock.ts';
import { FakeApi, on } from './fake-api.ts';

const LOCKS = '/apis/coordination.k8s.io/v1/namespaces/kubernetes-executor-locks/leases';
const WEB: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const API: ObjectRef = { ...WEB, name: 'api' };
const put = on('PUT', lockName(WEB));

function executorPod(name: string, phase = 'Running'): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'kubernetes-executor', uid: `uid-${name}` },
    status: { phase },
  };
}

function holderOf(pod: string): string {
  return `kubernetes-executor/${pod}/uid-${pod}`;
}

function lease(holderIdentity: string, spec: object = {}, target = WEB): KubernetesObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: lockName(target), namespace: 'kubernetes-executor-locks', uid: lockName(target) },
    spec: {
      holderIdentity,
      leaseDurationSeconds: 15,
      acquireTime: '2026-03-01T12:00:00.000000Z',
      renewTime: '2026-03-01T12:00:00.000000Z',
      leaseTransitions: 4,
      ...spec,
    },
  };
}

function request(pod: string, over: Partial<LockRequest> = {}): LockRequest {
  return {
    targets: [WEB],
    holder: holderOf(pod),
    onLocked: 'fail',
    timeoutSeconds: 60,
    signal: new AbortController().signal,
    print: () => {},
    ...over,
  };
}

async function acquire(api: FakeApi, pod: string, over: Partial<LockRequest> = {}): Promise<HeldLocks> {
  const locking = await settled(acquireLocks(api, request(pod, over)));
  if (locking.kind === 'busy') throw new Error(locking.message);
  return locking.locks;
}

async function busy(api: FakeApi, pod: string, over: Partial<LockRequest> = {}): Promise<string> {
  const locking = await settled(acquireLocks(api, request(pod, over)));
  if (locking.kind === 'held') throw new Error('it got the lock');
  return locking.message;
}

function holderIn(api: FakeApi, target = WEB): unknown {
  return readPointer(api.at(`${LOCKS}/${lockName(target)}`), '/spec/holderIdentity');
}

function transitionsIn(api: FakeApi): unknown {
  return readPointer(api.at(`${LOCKS}/${lockName(WEB)}`), '/spec/leaseTransitions');
}

beforeEach(holdClock);
afterEach(releaseClock);

describe('lockName', () => {
  it('is one for one object, whatever its uid and version', () => {
    const recreated: ObjectRef & { uid: string } = { ...WEB, apiVersion: 'apps/v1beta1', uid: 'other' };
    expect(lockName(recreated)).toBe(lockName(WEB));
    expect(lockName(WEB)).toMatch(/^lock-[0-9a-f]{40}$/);
  });

  it('is another for another namespace, name, kind or group', () => {
    const others = [
      WEB,
      { ...WEB, namespace: 'other' },
      API,
      { ...WEB, kind: 'StatefulSet' },
      { ...WEB, apiVersion: 'example.org/v1' },
      { ...WEB, apiVersion: 'v1' },
    ];
    expect(new Set(others.map(lockName)).size).toBe(others.length);
  });
});

describe('a free lock', () => {
  it('is taken, and given back by clearing its holder, never by deletion', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a');
    expect(holderIn(api)).toBe(holderOf('a'));
    await locks.release();
    expect(holderIn(api)).toBe('');
    expect(api.writes.filter((write) => write.startsWith('DELETE'))).toEqual([]);
  });

  it('counts on with every holder, so that an old one can be told', async () => {
    const api = new FakeApi(executorPod('a'), executorPod('b'), lease(''));
    await (await acquire(api, 'a')).release();
    expect(transitionsIn(api)).toBe(5);
    await (await acquire(api, 'b')).release();
    expect(transitionsIn(api)).toBe(6);
  });

  it('names the target for people', async () => {
    const api = new FakeApi(executorPod('a'));
    await acquire(api, 'a');
    const annotations = api.at(`${LOCKS}/${lockName(WEB)}`)?.metadata.annotations ?? {};
    expect(Object.values(annotations)).toContain('deployment/shop/web');
  });

  it('goes to one of two that come at once', async () => {
    const api = new FakeApi(executorPod('a'), executorPod('b'));
    const both = await settled(
      Promise.all([acquireLocks(api, request('a')), acquireLocks(api, request('b'))]),
    );
    expect(both.map((locking) => locking.kind).toSorted()).toEqual(['busy', 'held']);
  });

  it.each([
    ['created', [], on('POST', '/leases')],
    ['taken over', [lease('')], put],
  ] as const)('is ours where only the answer was lost when it was %s', async (_name, leases, match) => {
    const api = new FakeApi(executorPod('a'), ...leases);
    api.lose(match, 'after');
    const locks = await acquire(api, 'a');
    await locks.release();
    expect(holderIn(api)).toBe('');
  });
});

describe('a held lock', () => {
  it('is left alone, and the message names the holder and since when', async () => {
    const api = new FakeApi(executorPod('a'), executorPod('b'), lease(holderOf('a')));
    const message = await busy(api, 'b');
    expect(message).toContain('deployment/web');
    expect(message).toContain(holderOf('a'));
    expect(message).toContain('2026-03-01T12:00:00');
    expect(api.writes).toEqual([]);
  });

  it.each(['fail', 'skip'] as const)('is not waited for with on-locked: %s', async (onLocked) => {
    const api = new FakeApi(executorPod('a'), lease(holderOf('a')));
    const begun = performance.now();
    await busy(api, 'b', { onLocked });
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('is waited for with on-locked: wait, until it is given back', async () => {
    const api = new FakeApi(executorPod('a'), executorPod('b'));
    const first = await acquire(api, 'a');
    const second = acquireLocks(api, request('b', { onLocked: 'wait' }));
    await passTime(20);
    expect(holderIn(api)).toBe(holderOf('a'));
    await first.release();
    expect((await settled(second)).kind).toBe('held');
    expect(holderIn(api)).toBe(holderOf('b'));
  });

  it('is waited for without asking again and again', async () => {
    const api = new FakeApi(executorPod('a'), lease(holderOf('a')));
    await busy(api, 'b', { onLocked: 'wait', timeoutSeconds: 60 });
    // A look at Lease and pod, and a watch, as often as the Lease would have expired.
    expect(api.requests.length).toBeLessThanOrEqual(3 * 6);
  });

  it('is waited for no longer than lock-timeout', async () => {
    const api = new FakeApi(executorPod('a'), lease(holderOf('a')));
    const said: string[] = [];
    const print = (text: string): unknown => said.push(text);
    const begun = performance.now();
    await busy(api, 'b', { onLocked: 'wait', timeoutSeconds: 30, print });
    const seconds = (performance.now() - begun) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(seconds).toBeLessThan(33);
    expect(said[0]).toContain('waiting');
  });

  it('is not waited for after a stop', async () => {
    const api = new FakeApi(executorPod('a'), lease(holderOf('a')));
    const stop = new AbortController();
    const locking = acquireLocks(api, request('b', { onLocked: 'wait', signal: stop.signal }));
    await passTime(5);
    stop.abort();
    const begun = performance.now();
    expect((await settled(locking)).kind).toBe('busy');
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});

describe('the lock of a dead holder', () => {
  it.each([
    ['is gone', []],
    ['has ended', [executorPod('a', 'Succeeded')]],
    ['has failed', [executorPod('a', 'Failed')]],
    [
      'is another of the same name',
      [{ ...executorPod('a'), metadata: { ...executorPod('a').metadata, uid: 'x' } }],
    ],
  ])('is taken once its pod %s and it has not moved for its duration', async (_name, pods) => {
    const api = new FakeApi(...pods, lease(holderOf('a')));
    const begun = performance.now();
    await acquire(api, 'b');
    const seconds = (performance.now() - begun) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(15);
    expect(seconds).toBeLessThan(18);
    expect(holderIn(api)).toBe(holderOf('b'));
  });

  it('is taken by our own clock, whatever time the Lease tells', async () => {
    const times = { renewTime: '2001-01-01T00:00:00.000000Z', leaseDurationSeconds: 900 };
    const api = new FakeApi(lease(holderOf('a'), times));
    const begun = performance.now();
    await acquire(api, 'b');
    expect((performance.now() - begun) / 1000).toBeGreaterThanOrEqual(15);
  });

  it('is not taken while its pod is unfinished, however long it has not moved', async () => {
    const api = new FakeApi(executorPod('a'), lease(holderOf('a')));
    await busy(api, 'b', { onLocked: 'wait', timeoutSeconds: 600 });
    expect(holderIn(api)).toBe(holderOf('a'));
  });

  it('is not taken while somebody renews it', async () => {
    const api = new FakeApi(lease(holderOf('a')));
    const locking = acquireLocks(api, request('b', { timeoutSeconds: 60 }));
    for (let seconds = 0; seconds < 60; seconds += 5) {
      await passTime(5);
      api.change(lease(''), { spec: { renewTime: String(seconds) } });
    }
    expect((await settled(locking)).kind).toBe('busy');
  });

  it('is taken by one of two', async () => {
    const api = new FakeApi(executorPod('b'), executorPod('c'), lease(holderOf('a')));
    const both = await settled(
      Promise.all([acquireLocks(api, request('b')), acquireLocks(api, request('c'))]),
    );
    expect(both.map((locking) => locking.kind).toSorted()).toEqual(['busy', 'held']);
  });

  it('is waited for once, however many of them it left', async () => {
    const targets = Array.from({ length: 100 }, (_, index) => ({ ...WEB, name: `web-${index}` }));
    const leases = targets.map((target) => lease(holderOf('a'), {}, target));
    const api = new FakeApi(executorPod('b'), ...leases);
    const begun = performance.now();
    await acquire(api, 'b', { targets });
    expect((performance.now() - begun) / 1000).toBeLessThan(18);
    expect(targets.map((target) => holderIn(api, target))).toEqual(targets.map(() => holderOf('b')));
  });

  it('is taken at once where its holder is no pod at all', async () => {
    const api = new FakeApi(lease('nobody', { leaseDurationSeconds: 1 }));
    await acquire(api, 'b');
    expect(holderIn(api)).toBe(holderOf('b'));
  });
});

describe('several locks', () => {
  it('are taken in one order, whatever order they are named in, so that nobody waits in a ring', async () => {
    const order = async (targets: readonly ObjectRef[]): Promise<readonly unknown[]> => {
      const api = new FakeApi(executorPod('a'));
      await (await acquire(api, 'a', { targets })).release();
      return api.requests
        .filter(({ method }) => method === 'POST')
        .map(({ body }) => readPointer(body, '/metadata/name'));
    };
    const names = [lockName(WEB), lockName(API)].toSorted();
    expect(await order([WEB, API])).toEqual(names);
    expect(await order([API, WEB, API])).toEqual(names);
  });

  it('are all given back where one can not be had', async () => {
    const [first, last] = lockName(WEB) < lockName(API) ? [WEB, API] : [API, WEB];
    const api = new FakeApi(executorPod('a'), executorPod('b'), lease(holderOf('a'), {}, last));
    await busy(api, 'b', { targets: [WEB, API] });
    expect([holderIn(api, first), holderIn(api, last)]).toEqual(['', holderOf('a')]);
  });

  it('are waited for no longer than lock-timeout in all', async () => {
    const [first, last] = lockName(WEB) < lockName(API) ? [WEB, API] : [API, WEB];
    const leases = [first, last].map((target) => lease(holderOf('a'), {}, target));
    const api = new FakeApi(executorPod('a'), ...leases);
    const begun = performance.now();
    const locking = acquireLocks(api, request('b', { targets: [WEB, API], onLocked: 'wait' }));
    await passTime(50);
    api.change(lease('', {}, first), { spec: { holderIdentity: '' } });
    expect((await settled(locking)).kind).toBe('busy');
    expect((performance.now() - begun) / 1000).toBeLessThan(63);
  });

  it('end in no deadlock of two that want the same', async () => {
    const api = new FakeApi(executorPod('a'), executorPod('b'));
    const run = async (pod: string, targets: readonly ObjectRef[]): Promise<void> => {
      const locking = await acquireLocks(api, request(pod, { targets, onLocked: 'wait' }));
      if (locking.kind === 'busy') throw new Error(locking.message);
      await locking.locks.release();
    };
    await settled(Promise.all([run('a', [WEB, API]), run('b', [API, WEB])]));
    expect([holderIn(api, WEB), holderIn(api, API)]).toEqual(['', '']);
  });
});

describe('a lock while it is held', () => {
  it('is renewed, so that nobody takes it for dead', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a');
    const before = readPointer(api.at(`${LOCKS}/${lockName(WEB)}`), '/spec/renewTime');
    await passTime(6);
    expect(readPointer(api.at(`${LOCKS}/${lockName(WEB)}`), '/spec/renewTime')).not.toBe(before);
    expect(locks.lost.aborted).toBe(false);
    await locks.release();
    const writes = api.writes.length;
    await passTime(60);
    expect(api.writes.length).toBe(writes);
  });

  it('is lost when somebody else has it, and then not cleared', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a');
    api.change(lease(''), { spec: { holderIdentity: holderOf('b') } });
    await passTime(6);
    expect(locks.lost.aborted).toBe(true);
    await locks.release();
    expect(holderIn(api)).toBe(holderOf('b'));
  });

  it('is lost when it was deleted', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a');
    api.remove(lease(''));
    await passTime(6);
    expect(locks.lost.aborted).toBe(true);
    await locks.release();
    expect(holderIn(api)).toBeUndefined();
  });

  it('is not lost when only the answer to a renewal was', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a');
    api.lose(put, 'after');
    await passTime(12);
    expect(locks.lost.aborted).toBe(false);
    await locks.release();
    expect(holderIn(api)).toBe('');
  });

  it.each(['after', 'before'] as const)(
    'is given back where the answer to that was lost (%s)',
    async (what) => {
      const api = new FakeApi(executorPod('a'));
      const locks = await acquire(api, 'a');
      api.lose(put, what);
      await settled(locks.release());
      expect(holderIn(api)).toBe('');
    },
  );

  it('is given back where the last renewal was carried out and not answered', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a');
    api.lose(put, 'after');
    api.lose(on('GET', lockName(WEB)), 'before', 3);
    await passTime(6);
    await settled(locks.release());
    expect(holderIn(api)).toBe('');
  });

  it('is not lost for the trouble of another that is held with it', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a', { targets: [WEB, API] });
    api.lose(put, 'before', 3);
    await passTime(12);
    expect(locks.lost.aborted).toBe(false);
    await settled(locks.release());
    expect([holderIn(api, WEB), holderIn(api, API)]).toEqual(['', '']);
  });

  it('is not lost while the server is away: nobody takes it from a pod that runs', async () => {
    const api = new FakeApi(executorPod('a'));
    const locks = await acquire(api, 'a');
    api.lose(() => true, 'never-sent', 30);
    await passTime(60);
    expect(locks.lost.aborted).toBe(false);
    await locks.release();
    expect(holderIn(api)).toBe('');
  });
});
