import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitChecks, type ChecksOutcome, type Waiting } from '../../../src/execute/await-checks.ts';
import { type Observation, observe } from '../../../src/execute/observe.ts';
import type { Check } from '../../../src/plan/plan.ts';
import { deployment, pod } from '../catalog/cluster-objects.ts';
import { restartedPod, unscheduledPod, WEB, waitingPod } from '../verify/views.ts';
import { holdClock, passTime, releaseClock, settled } from './clock.ts';
import { FakeApi } from './fake-api.ts';

const PODS = { group: '', version: 'v1', resource: 'pods', namespace: 'shop' };
const FOUR: Check = { kind: 'replicas-available', object: WEB, podSelector: 'app=web', replicas: 4 };
const UNPAUSED: Check = {
  kind: 'fields-equal',
  object: WEB,
  fields: [{ pointer: '/spec/paused', after: false }],
};

let api: FakeApi;
let seen: Observation;
let printed: string[];

function wait(checks: readonly Check[], over: Partial<Waiting> = {}): Promise<ChecksOutcome> {
  return awaitChecks(checks, seen, {
    timeoutSeconds: 60,
    soakSeconds: 0,
    signal: new AbortController().signal,
    print: (text) => printed.push(text),
    ...over,
  });
}

function available(availableReplicas: number): void {
  api.change(deployment(), { status: { replicas: 4, availableReplicas } });
}

const UNSTOPPED = new AbortController().signal;

beforeEach(async () => {
  holdClock();
  printed = [];
  api = new FakeApi(deployment({ spec: { replicas: 4, paused: false } }));
  seen = await settled(observe(api, [FOUR, UNPAUSED], UNSTOPPED));
});

afterEach(async () => {
  await settled(Promise.resolve(seen[Symbol.asyncDispose]()));
  releaseClock();
});

describe('awaitChecks', () => {
  it('is met at once where everything holds', async () => {
    available(4);
    const outcome = await settled(wait([UNPAUSED, FOUR]));
    expect(outcome).toMatchObject({ kind: 'met', reasonCode: 'ok', checks: [{ met: true }, { met: true }] });
  });

  it('is met as soon as the last check holds, without waiting for a tick', async () => {
    const outcome = wait([UNPAUSED, FOUR]);
    await passTime(7.3);
    const begun = performance.now();
    available(4);
    expect((await settled(outcome)).kind).toBe('met');
    expect(performance.now() - begun).toBeLessThan(100);
  });

  it('fails at once with the first check that can not come true', async () => {
    const outcome = wait([UNPAUSED, FOUR]);
    await passTime(1);
    const begun = performance.now();
    api.put(waitingPod('InvalidImageName'));
    expect(await settled(outcome)).toMatchObject({
      kind: 'failed',
      reasonCode: 'image-pull-failed',
      checks: [{ met: true }, { met: false }],
    });
    expect(performance.now() - begun).toBeLessThan(100);
  });

  it('times out with what is still missing', async () => {
    const begun = performance.now();
    const outcome = await settled(wait([UNPAUSED, FOUR], { timeoutSeconds: 30 }));
    expect(outcome).toMatchObject({ kind: 'timed-out', reasonCode: 'verify-timeout' });
    expect(outcome.detail).toContain('2 of 4 replicas are available');
    expect((performance.now() - begun) / 1000).toBeCloseTo(30, 1);
  });

  it('calls a timeout by what was waited for, where that has a name', async () => {
    api.put(unscheduledPod());
    const outcome = await settled(wait([UNPAUSED, FOUR], { timeoutSeconds: 30 }));
    expect(outcome).toMatchObject({ kind: 'timed-out', reasonCode: 'unschedulable' });
    expect(outcome.detail).toContain('0/3 nodes are available');
  });

  it('stops at once when it is to, with what was still missing', async () => {
    const stop = new AbortController();
    const outcome = wait([FOUR], { signal: stop.signal });
    await passTime(3);
    const begun = performance.now();
    stop.abort();
    expect(await settled(outcome)).toMatchObject({
      kind: 'stopped',
      reasonCode: 'cancelled',
      detail: expect.stringContaining('2 of 4'),
    });
    expect(performance.now() - begun).toBeLessThan(100);
  });

  it('is met after a stop where everything held by then', async () => {
    available(4);
    await passTime(1);
    expect((await settled(wait([FOUR], { signal: AbortSignal.abort() }))).kind).toBe('met');
  });

  it('says what it waits for when that changes, and again while it does not', async () => {
    const outcome = wait([FOUR]);
    await passTime(2);
    available(3);
    await passTime(25);
    available(4);
    await settled(outcome);
    expect(printed.filter((text) => text.includes('2 of 4')).length).toBe(1);
    const again = printed.filter((text) => text.includes('3 of 4'));
    expect(again.length).toBeGreaterThanOrEqual(3);
    expect(again.at(-1)).toMatch(/for \d+ s/);
    expect(printed.at(-1)).toContain('verified');
  });

  it('fails where a watch can not go on', async () => {
    const outcome = wait([FOUR]);
    api.answer(({ path, query }) => path.endsWith('/pods') && query?.['watch'] === 'true', { status: 403 });
    api.put(pod('web-9', { metadata: { labels: { app: 'web' } } }));
    await expect(settled(outcome)).rejects.toThrow('403');
  });
});

describe('awaitChecks with a soak', () => {
  it('waits until everything went on holding for so long', async () => {
    available(4);
    const begun = performance.now();
    expect((await settled(wait([FOUR], { soakSeconds: 20 }))).kind).toBe('met');
    expect((performance.now() - begun) / 1000).toBeCloseTo(20, 1);
  });

  it('begins again where something stopped holding meanwhile', async () => {
    available(4);
    const begun = performance.now();
    const outcome = wait([FOUR], { soakSeconds: 20 });
    await passTime(15);
    available(3);
    await passTime(5);
    available(4);
    expect((await settled(outcome)).kind).toBe('met');
    expect((performance.now() - begun) / 1000).toBeCloseTo(40, 1);
  });

  it('is asked by a container that had crashed, also where the inputs ask none', async () => {
    api.put(restartedPod());
    available(4);
    const begun = performance.now();
    expect((await settled(wait([FOUR]))).kind).toBe('met');
    expect((performance.now() - begun) / 1000).toBeCloseTo(10, 1);
  });

  it('fails where something breaks meanwhile', async () => {
    available(4);
    const outcome = wait([FOUR], { soakSeconds: 20 });
    await passTime(10);
    api.change(deployment(), { spec: { replicas: 9 } });
    expect(await settled(outcome)).toMatchObject({ kind: 'failed', reasonCode: 'conflict' });
  });

  it('times out, and says that it was the soak that was not over', async () => {
    available(4);
    const outcome = await settled(wait([FOUR], { soakSeconds: 90 }));
    expect(outcome).toMatchObject({
      kind: 'timed-out',
      reasonCode: 'verify-timeout',
      checks: [{ met: true }],
    });
    expect(outcome.detail).toContain('not yet for as long');
  });
});

describe('observe', () => {
  it('takes what was there before for the baseline', async () => {
    api.change(deployment(), { spec: { replicas: 9 } });
    await passTime(1);
    expect(seen.view.object(WEB)).toMatchObject({ spec: { replicas: 9 } });
    expect(seen.view.baseline(WEB)).toMatchObject({ spec: { replicas: 4 } });
  });

  it('sees pods come and go, and knows which are new', async () => {
    const fresh = pod('web-new', { metadata: { labels: { app: 'web' } } });
    const other = pod('api-1', { metadata: { labels: { app: 'api' } } });
    api.put(fresh);
    api.put(other);
    await passTime(1);
    const list = () => seen.view.list({ path: PODS, labelSelector: 'app=web' });
    expect(list().map((one) => one.metadata.name)).toEqual(['web-new']);
    expect(list().map((one) => seen.view.isNew(one))).toEqual([true]);
    api.remove(fresh);
    await passTime(1);
    expect(list()).toEqual([]);
  });

  it('counts how often pulling an image has failed', async () => {
    const failing = waitingPod('ErrImagePull');
    for (const reason of ['ErrImagePull', 'ImagePullBackOff', 'ErrImagePull', 'ErrImagePull']) {
      api.put({ ...waitingPod(reason), metadata: failing.metadata });
      await passTime(1);
    }
    expect(seen.view.pullFailures(failing)).toBe(2);
    expect(seen.view.pullFailures(pod('web-1'))).toBe(0);
  });

  it('does not count the pulls of a busy registry', async () => {
    const failing = waitingPod('ErrImagePull');
    for (const message of ['429 Too Many Requests', 'toomanyrequests', 'connection reset by peer']) {
      api.put({ ...waitingPod('ErrImagePull', { message }), metadata: failing.metadata });
      await passTime(1);
      api.put({ ...waitingPod('ImagePullBackOff'), metadata: failing.metadata });
      await passTime(1);
    }
    expect(seen.view.pullFailures(failing)).toBe(1);
  });

  it('tells what is watched', () => {
    expect(seen.isWatched(WEB)).toBe(true);
    expect(seen.isWatched({ ...WEB, name: 'api' })).toBe(false);
  });

  it('has no object where there is none', async () => {
    const absent = { ...WEB, name: 'api' };
    const check: Check = { kind: 'fields-equal', object: absent, fields: [] };
    await using nothing = await settled(observe(api, [check], UNSTOPPED));
    expect(nothing.view.object(absent)).toBeNull();
    expect(nothing.view.baseline(absent)).toBeNull();
  });

  it('fails at once where something may not be watched', async () => {
    api.answer(({ path }) => path.endsWith('/pods'), { status: 403, message: 'pods is forbidden' }, 9);
    await expect(settled(observe(api, [FOUR], UNSTOPPED))).rejects.toThrow('pods is forbidden');
  });

  it('gives up a first look that does not come when it is stopped', async () => {
    api.answer(({ path }) => path.endsWith('/pods'), { status: 503, message: 'overloaded' }, 1000);
    const stop = new AbortController();
    const looking = observe(api, [FOUR], stop.signal);
    stop.abort();
    await expect(settled(looking)).rejects.toThrow('stopped before the first look');
  });
});
