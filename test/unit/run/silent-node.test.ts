import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeSilence, isNodeSilent, isTooLong, listen } from '../../../src/run/silent-node.ts';
import { holdClock, passTime, releaseClock } from '../execute/clock.ts';
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

describe('listen', () => {
  it('hears an executor that goes on by the locks that it renews, and no other', async () => {
    const api = new FakeApi(lockOf(OURS, '1'));
    const first = await listen(api, POD, undefined);
    await passTime(9);
    expect(first && isTooLong(first)).toBe(true);
    api.put(lockOf(OURS, '2'));
    const second = await listen(api, POD, first);
    expect(second && isTooLong(second)).toBe(false);
    api.put(lockOf('kubernetes-executor/y/another', '3'));
    const third = await listen(api, POD, second);
    api.put(lockOf('kubernetes-executor/y/another', '4'));
    expect(await listen(api, POD, third)).toEqual(third);
  });

  it('knows no more than before where locks can not be read', async () => {
    const api = new FakeApi();
    api.answer(({ path }) => path.endsWith('/leases'), { status: 403 }, 9);
    expect(await listen(api, POD, undefined)).toBeUndefined();
  });
});

it('names node and pod', () => {
  expect(describeSilence(POD)).toMatch(/^node \S* of pod\/\S+ does not report any more/);
});
