import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drainNode } from '../../../src/catalog/drain-node.ts';
import { carryOut } from '../../../src/execute/carry-out.ts';
import { Progress } from '../../../src/execute/progress.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { planFor } from '../catalog/asking.ts';
import { node, pod } from '../catalog/cluster-objects.ts';
import { holdClock, passTime, releaseClock, settled } from './clock.ts';
import { envelopeOf, scalePlan } from './executions.ts';
import { FakeApi, on } from './fake-api.ts';

const BUDGET = {
  status: 429,
  cause: 'DisruptionBudget',
  message: "it would violate the pod's disruption budget",
};
const cordoned = node('node-1', { spec: { unschedulable: true } });
const names = ['web-a', 'web-b', 'web-c'];
const pods = names.map((name) => pod(name, { spec: { nodeName: 'node-1' } }));

/** The evictions of a drain; what is watched afterwards is another matter. */
function evictions(verifyTimeoutSeconds = 60): Plan {
  const { requests } = planFor(drainNode, { name: 'node-1' }, [cordoned, ...pods]);
  const plan = scalePlan(2, { verifyTimeoutSeconds });
  return { ...plan, requests, checks: [] };
}

function run(api: FakeApi, { stop = new AbortController().signal, plan = evictions() } = {}) {
  const lines: string[] = [];
  const progress = new Progress((line) => lines.push(line));
  const outcome = carryOut(envelopeOf(plan), progress, { api, stop });
  const end = async () => ({ ...(await settled(outcome)), lines, requests: progress.record().requests });
  return { end, lines };
}

function evicts(name: string) {
  return on('POST', `/${name}/eviction`);
}

beforeEach(holdClock);
afterEach(releaseClock);

describe('evictions', () => {
  it('are recorded in the order of the plan, whichever answer comes first', async () => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-a'), BUDGET);
    const { result, requests, lines } = await run(api).end();
    expect(result).toBe('succeeded');
    expect(requests.map(({ summary, outcome }) => `${summary}: ${outcome}`)).toEqual(
      names.map((name) => `evict pod/${name} in shop: applied`),
    );
    const told = lines.filter((line) => line.includes(': applied'));
    expect(told.at(-1)).toContain('web-a');
  });

  it('wait for their budget and say so, while the others go on', async () => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-a'), BUDGET, 3);
    const { end, lines } = run(api);
    await passTime(1);
    expect(lines.filter((line) => line.includes(': applied'))).toHaveLength(2);
    expect(lines.join()).toContain(
      "waiting: evict pod/web-a in shop: it would violate the pod's disruption budget",
    );
    expect((await end()).result).toBe('succeeded');
    expect(api.requests.filter(evicts('web-a'))).toHaveLength(4);
  });

  it('are sent with the uid each time', async () => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-a'), BUDGET, 2);
    await run(api).end();
    const bodies = api.requests.filter(evicts('web-a')).map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    for (const body of bodies) {
      expect(body).toMatchObject({ deleteOptions: { preconditions: { uid: 'uid-web-a' } } });
    }
  });

  it('give up when the time of the verification is over, and name what is held back', async () => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-b'), BUDGET, 1000);
    const { result, reasonCode, message, changed } = await run(api, { plan: evictions(20) }).end();
    expect({ result, reasonCode, changed }).toEqual({
      result: 'timed-out',
      reasonCode: 'disruption-budget',
      changed: true,
    });
    expect(message).toContain('2 of 3 done');
    expect(message).toContain("evict pod/web-b in shop: it would violate the pod's disruption budget");
    expect(api.requests.filter(evicts('web-b')).length).toBeLessThan(7);
  });

  it('wait for a namespace that is on its way out to end its pods itself', async () => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-a'), { status: 403, cause: 'NamespaceTerminating' });
    api.answer(evicts('web-a'), { status: 404 });
    const { result, requests } = await run(api).end();
    expect(result).toBe('succeeded');
    expect(requests[0]).toMatchObject({ message: 'it was gone already' });
  });

  it('end at once when they are stopped', async () => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-c'), BUDGET, 1000);
    const stop = new AbortController();
    const { end } = run(api, { stop: stop.signal });
    await passTime(7);
    stop.abort();
    const { result, message } = await end();
    expect(result).toBe('cancelled');
    expect(message).toContain('2 of 3 done');
    expect(api.requests.filter(evicts('web-c'))).toHaveLength(2);
  });

  it.each([
    ['a refusal for good', { status: 403, message: 'not you' }, 'not you'],
    [
      'two budgets, which are no fault of the server',
      { status: 500, message: 'This pod has more than one PodDisruptionBudget, which is not supported.' },
      'more than one',
    ],
  ])('stop waiting after %s, which is what is told', async (_name, said, text) => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-a'), BUDGET, 1000);
    api.answer(evicts('web-b'), said);
    const { result, reasonCode, message } = await run(api).end();
    expect({ result, reasonCode }).toEqual({ result: 'failed', reasonCode: 'request-refused' });
    expect(message).toContain('evict pod/web-b');
    expect(message).toContain(text);
    expect(api.requests.filter(evicts('web-b'))).toHaveLength(1);
    expect(api.requests.filter(evicts('web-a')).length).toBeLessThan(3);
  });

  it.each([
    ['a pod that is gone', { status: 404 }],
    ['a pod whose name another one has', { status: 409, message: 'Precondition failed: UID' }],
  ])('take %s for done', async (_name, said) => {
    const [first, ...others] = pods;
    const api = new FakeApi(
      { ...first, metadata: { name: 'web-a', namespace: 'shop', uid: 'uid-next' } },
      ...others,
    );
    api.answer(evicts('web-a'), said);
    const { result, requests } = await run(api).end();
    expect(result).toBe('succeeded');
    expect(requests[0]).toMatchObject({ outcome: 'applied', message: 'it was gone already' });
  });

  it('do not take a conflict on the very pod for done', async () => {
    const api = new FakeApi(...pods);
    api.answer(evicts('web-a'), { status: 409, message: 'try again' });
    expect((await run(api).end()).reasonCode).toBe('conflict');
  });
});
