import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBell } from '../../../src/cluster/bell.ts';
import { describeSilence, isNodeSilent, openRenewals, type Renewals } from '../../../src/run/silent-node.ts';
import { holdClock, passTime, releaseClock, settled } from '../execute/clock.ts';
import { executorPod } from '../execute/executions.ts';
import { FakeApi } from '../execute/fake-api.ts';
import { lockOf, podWith } from './jobs.ts';

const running = { running: { startedAt: '12:00' } };

function ready(status: string, containersReady: string) {
  return [
    { type: 'Ready', status },
    { type: 'ContainersReady', status: containersReady },
  ];
}

const POD = podWith(running, { conditions: ready('False', 'True') });

const OURS = `kubernetes-executor/x/${executorPod().metadata.uid}`;

beforeEach(holdClock);
afterEach(releaseClock);

describe('isNodeSilent', () => {
  it.each([
    [true, 'the node controller has taken Ready back', POD],
    [
      false,
      'the kubelet says that its container is not ready',
      podWith(running, { conditions: ready('False', 'False') }),
    ],
    [false, 'all is well', podWith(running, { conditions: ready('True', 'True') })],
    [false, 'it has ended', podWith({ terminated: {} }, { conditions: ready('False', 'True') })],
    [false, 'there is none', undefined],
  ])('is %s where %s', (is, _name, pod) => {
    expect(isNodeSilent(pod)).toBe(is);
  });
});

describe('the renewals of an executor', () => {
  let api: FakeApi;
  let renewals: Renewals;
  let since: number;
  let ending: AbortController;

  function areOver(): Promise<boolean> {
    return settled(renewals.areOver(POD, since));
  }

  beforeEach(async () => {
    api = new FakeApi(lockOf(OURS, '1'));
    ending = new AbortController();
    renewals = openRenewals(api, openBell(), ending.signal);
    since = performance.now();
    await areOver();
  });

  afterEach(async () => {
    ending.abort();
    await renewals.close();
  });

  it('tell of one that goes on, and are watched, not asked for', async () => {
    for (const renewTime of ['2', '3', '4']) {
      await passTime(5);
      api.put(lockOf(OURS, renewTime));
      await passTime(0);
      expect(await areOver()).toBe(false);
    }
    expect(api.requests.filter(({ query }) => query?.['watch'] === undefined)).toHaveLength(1);
  });

  it('are over where nobody but others renews', async () => {
    await passTime(5);
    api.put(lockOf('kubernetes-executor/y/another', '3'));
    await passTime(5);
    expect(await areOver()).toBe(true);
  });

  it('are not over for a watch that has missed one', async () => {
    api.watchesLag = true;
    api.put(lockOf(OURS, '2'));
    await passTime(9);
    expect(await areOver()).toBe(false);
    await passTime(9);
    expect(await areOver()).toBe(true);
  });

  it('are not known to be over where nobody can be asked', async () => {
    await passTime(9);
    api.answer(({ path }) => path.endsWith('/leases'), { status: 403 });
    expect(await areOver()).toBe(false);
    expect(await areOver()).toBe(true);
  });
});

it('names node and pod', () => {
  expect(describeSilence(POD)).toMatch(/^node \S* of pod\/\S+ does not report any more/);
});
