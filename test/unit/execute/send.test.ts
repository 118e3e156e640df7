import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { sendPlanned } from '../../../src/execute/send.ts';
import type { ResourcePath } from '../../../src/plan/objects.ts';
import type { PlannedRequest } from '../../../src/plan/plan.ts';
import { planFor } from '../catalog/asking.ts';
import { deployment, pod, replicaSet } from '../catalog/cluster-objects.ts';
import { holdClock, releaseClock, settled } from './clock.ts';
import { FakeApi, on } from './fake-api.ts';

const POD = 'web-5d4f8c7b9d-x2x7k';
const PODS: ResourcePath = { group: '', version: 'v1', resource: 'pods', namespace: 'shop' };
const CONFIG: ResourcePath = { ...PODS, resource: 'configmaps', name: 'settings' };

function only(requests: readonly PlannedRequest[]): PlannedRequest {
  const [request] = requests;
  if (!request) throw new Error('no request');
  return request;
}

const scale = only(
  planFor(scaleDeployment, { name: 'web', parameters: { replicas: 5 } }, [deployment()]).requests,
);
const remove = only(planFor(restartPod, { name: POD }, [replicaSet(), pod(POD)]).requests);
const evict: PlannedRequest = { ...remove, verb: 'evict', summary: `evict pod/${POD}` };
const create: PlannedRequest = {
  summary: 'create configmap/settings',
  verb: 'create',
  path: CONFIG,
  body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' } },
  effect: { kind: 'created', object: CONFIG },
  rehearsal: 'yes',
  resendable: true,
};
const once = { ...scale, resendable: false };
const patched = on('PATCH', '/scale');

function replicasIn(api: FakeApi): unknown {
  return api.read(deployment())?.['spec'];
}

function send(api: FakeApi, request: PlannedRequest) {
  return settled(sendPlanned(api, request));
}

beforeEach(holdClock);
afterEach(releaseClock);

describe('sendPlanned of a forced apply', () => {
  const live = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', uid: 'uid-settings' },
    data: { color: 'blue' },
  };
  const forced: PlannedRequest = {
    ...create,
    summary: 'apply configmap/settings',
    verb: 'patch',
    patchType: 'apply',
    force: true,
    body: { ...live, data: { color: 'red' } },
    effect: {
      kind: 'fields',
      object: CONFIG,
      fields: [{ pointer: '/data/color', before: 'blue', after: 'red' }],
    },
  };

  it('is sent where nobody has written the same since the plan', async () => {
    const api = new FakeApi(live);
    expect(await send(api, forced)).toMatchObject({ outcome: 'applied' });
    expect(api.writes).toHaveLength(1);
  });

  it.each([
    ['somebody has', { ...live, data: { color: 'green' } }, '/data/color'],
    ['the object is gone', undefined, 'gone'],
  ])('is a conflict where %s', async (_name, now, text) => {
    const api = now ? new FakeApi(now) : new FakeApi();
    expect(await send(api, forced)).toMatchObject({
      outcome: 'not-applied',
      status: 409,
      message: expect.stringContaining(text),
    });
    expect(api.writes).toEqual([]);
  });

  it('is not sent again where somebody has written the same since the first attempt', async () => {
    const api = new FakeApi(live);
    api.answer(
      (request) => {
        if (request.method === 'GET') return false;
        api.put({ ...live, data: { color: 'green' } });
        return true;
      },
      { status: 429 },
    );
    expect(await send(api, forced)).toMatchObject({
      outcome: 'not-applied',
      message: expect.stringContaining('/data/color is "green" now'),
    });
    expect(api.read(live)).toMatchObject({ data: { color: 'green' } });
  });

  it('knows its own first attempt, whose answer was lost', async () => {
    const api = new FakeApi(live);
    api.lose(({ method }) => method === 'PATCH', 'after');
    expect(await send(api, forced)).toMatchObject({ outcome: 'applied' });
    expect(api.writes).toHaveLength(1);
  });

  it('is not sent unseen', async () => {
    const api = new FakeApi(live);
    api.answer(({ method }) => method === 'GET', { status: 403, message: 'get is forbidden' }, Infinity);
    expect(await send(api, forced)).toMatchObject({
      outcome: 'not-applied',
      message: expect.stringContaining('get is forbidden'),
    });
    expect(api.writes).toEqual([]);
  });
});

describe('sendPlanned, answered', () => {
  it('applies what the server takes', async () => {
    const api = new FakeApi(deployment());
    expect(await send(api, scale)).toEqual({ summary: scale.summary, outcome: 'applied', status: 200 });
    expect(replicasIn(api)).toMatchObject({ replicas: 5 });
    expect(api.writes.length).toBe(1);
  });

  it('is not a dry run', async () => {
    const api = new FakeApi(deployment());
    await send(api, scale);
    expect(JSON.stringify(api.requests)).not.toContain('dryRun');
  });

  it.each([400, 403, 405, 413])('takes a %i as the last word, in the words of the server', async (status) => {
    const api = new FakeApi(deployment());
    api.answer(patched, { status, message: 'deployments.apps "web" is forbidden' });
    expect(await send(api, scale)).toEqual({
      summary: scale.summary,
      outcome: 'not-applied',
      status,
      message: 'deployments.apps "web" is forbidden',
    });
    expect(api.writes.length).toBe(1);
  });

  it('explains a conflict by what is there now', async () => {
    const api = new FakeApi(deployment({ spec: { replicas: 7 } }));
    const verdict = await send(api, scale);
    expect(verdict).toMatchObject({ outcome: 'not-applied', status: 422 });
    expect(verdict.message).toContain('/spec/replicas is 7 now; the plan was made for 2');
    expect(replicasIn(api)).toMatchObject({ replicas: 7 });
  });

  it('explains that another object has taken its place', async () => {
    const api = new FakeApi(deployment({ metadata: { uid: 'uid-other' } }));
    expect((await send(api, scale)).message).toContain('another object of the same name');
    const other = new FakeApi(pod(POD, { metadata: { uid: 'uid-other' } }));
    const verdict = await send(other, remove);
    expect(verdict).toMatchObject({ outcome: 'not-applied', status: 409 });
    expect(verdict.message).toContain('another object of the same name');
  });

  it('says that the object is gone, and of a deletion that it is done', async () => {
    expect(await send(new FakeApi(), scale)).toMatchObject({ outcome: 'not-applied', status: 404 });
    expect(await send(new FakeApi(), remove)).toMatchObject({ outcome: 'applied', status: 404 });
  });

  it('does not create over what is there', async () => {
    const api = new FakeApi();
    expect(await send(api, create)).toMatchObject({ outcome: 'applied', status: 201 });
    const again = await send(api, create);
    expect(again).toMatchObject({ outcome: 'not-applied', status: 409 });
    expect(again.message).toContain('exists already');
  });

  it('does not say of a 422 without a precondition that somebody was faster', async () => {
    const api = new FakeApi(deployment({ spec: { replicas: 7 } }));
    const said = { status: 422, message: 'Deployment.apps "web" is invalid' };
    api.answer(patched, said);
    const applied: PlannedRequest = { ...scale, patchType: 'apply' };
    expect(await send(api, applied)).toEqual({ ...said, summary: scale.summary, outcome: 'not-applied' });
  });

  it("takes a disruption budget's 429 for a refusal, not for overload", async () => {
    const api = new FakeApi(pod(POD));
    api.answer(on('POST', '/eviction'), { status: 429, cause: 'DisruptionBudget', message: 'budget' }, 9);
    expect(await send(api, evict)).toMatchObject({ outcome: 'not-applied', status: 429, message: 'budget' });
    expect(api.writes.length).toBe(1);
  });
});

describe('sendPlanned, not answered', () => {
  it('sends again what was lost on the way', async () => {
    const api = new FakeApi(deployment());
    api.lose(patched, 'before');
    expect(await send(api, scale)).toMatchObject({ outcome: 'applied', status: 200 });
    expect(api.writes.length).toBe(2);
  });

  it('finds its own first attempt where only the answer was lost', async () => {
    const api = new FakeApi(deployment());
    api.lose(patched, 'after');
    const verdict = await send(api, scale);
    expect(verdict).toMatchObject({ outcome: 'applied', status: 422 });
    expect(verdict.message).toContain('read-back');
    expect(replicasIn(api)).toMatchObject({ replicas: 5 });
  });

  it.each([500, 504])('finds its own first attempt behind a %i as well', async (status) => {
    const api = new FakeApi(deployment());
    api.answer(
      (request) => {
        if (!patched(request)) return false;
        api.change(deployment(), { spec: { replicas: 5 } });
        return true;
      },
      { status, message: 'etcdserver: request timed out' },
    );
    expect(await send(api, scale)).toMatchObject({ outcome: 'applied' });
  });

  it.each([
    { what: 'a deletion', request: remove, objects: [pod(POD)], match: on('DELETE', POD), status: 404 },
    { what: 'a creation', request: create, objects: [], match: on('POST', '/configmaps'), status: 409 },
  ])('finds its own first attempt at $what', async ({ request, objects, match, status }) => {
    const api = new FakeApi(...objects);
    api.lose(match, 'after');
    expect(await send(api, request)).toMatchObject({ outcome: 'applied', status });
  });

  it('finds its own first attempt where the second is forbidden', async () => {
    const api = new FakeApi(deployment());
    api.lose(patched, 'after');
    api.answer(patched, { status: 403, message: 'forbidden since' });
    expect(await send(api, scale)).toMatchObject({ outcome: 'applied', status: 403 });
  });

  it('does not take what somebody else did meanwhile for its own', async () => {
    const api = new FakeApi(deployment());
    api.lose((request) => {
      if (!patched(request)) return false;
      api.change(deployment(), { spec: { replicas: 9 } });
      return true;
    }, 'before');
    const verdict = await send(api, scale);
    expect(verdict).toMatchObject({ outcome: 'not-applied', status: 422 });
    expect(verdict.message).toContain('/spec/replicas is 9 now');
  });

  it('sends once what a second send could do twice, and reads back what became of it', async () => {
    const done = new FakeApi(deployment());
    done.lose(patched, 'after');
    expect(await send(done, once)).toMatchObject({ outcome: 'applied' });
    const lost = new FakeApi(deployment());
    lost.lose(patched, 'before');
    expect(await send(lost, once)).toMatchObject({ outcome: 'unknown', message: 'connection reset' });
    expect([done.writes.length, lost.writes.length]).toEqual([1, 1]);
  });

  it('knows that nothing was done where no byte was ever sent', async () => {
    const api = new FakeApi(deployment());
    api.lose(patched, 'never-sent', 99);
    const verdict = await send(api, scale);
    expect(verdict).toEqual({ summary: scale.summary, outcome: 'not-applied', message: 'connection reset' });
  });

  it('does not know where the server stays away after a first attempt', async () => {
    const api = new FakeApi(deployment());
    api.lose(() => true, 'before', 99);
    expect(await send(api, scale)).toMatchObject({ outcome: 'unknown' });
    expect(api.writes.length).toBeGreaterThan(5);
  });

  it('does not know where it may not read back what it sent before', async () => {
    const api = new FakeApi(deployment());
    api.lose(patched, 'after');
    api.answer(on('GET', '/web'), { status: 403 }, 9);
    expect(await send(api, scale)).toMatchObject({ outcome: 'unknown', status: 422 });
  });

  it('knows that a refusal of its only attempt changed nothing, read back or not', async () => {
    const api = new FakeApi(deployment({ spec: { replicas: 7 } }));
    api.answer(on('GET', '/web'), { status: 403 }, 9);
    expect(await send(api, scale)).toMatchObject({ outcome: 'not-applied', status: 422 });
  });
});

describe('sendPlanned, overload and faults', () => {
  it.each([429, 500, 503])('sends again after a %i', async (status) => {
    const api = new FakeApi(deployment());
    api.answer(patched, { status }, 2);
    expect(await send(api, scale)).toMatchObject({ outcome: 'applied', status: 200 });
    expect(api.writes.length).toBe(3);
  });

  it('waits for a webhook that is away for a moment', async () => {
    const api = new FakeApi(deployment());
    const message = 'Internal error occurred: failed calling webhook "x.test": connection refused';
    api.answer(patched, { status: 500, message }, 3);
    expect(await send(api, scale)).toMatchObject({ outcome: 'applied', status: 200 });
  });

  it('outlasts a server that is sick for 20 s, and no longer than half a minute', async () => {
    const begun = performance.now();
    const sick = (seconds: number) => {
      const api = new FakeApi(deployment());
      const isSick = () => performance.now() - begun < seconds * 1000;
      api.answer((request) => patched(request) && isSick(), { status: 503 }, 99);
      return api;
    };
    expect(await send(sick(20), scale)).toMatchObject({ outcome: 'applied', status: 200 });
    expect(await send(sick(999), scale)).toMatchObject({ outcome: 'unknown' });
    expect(performance.now() - begun).toBeLessThan(55_000);
  });

  it('does not know what became of a request that the server failed to the end', async () => {
    const api = new FakeApi(deployment());
    api.answer(patched, { status: 500, message: 'etcd is sick' }, 99);
    expect(await send(api, scale)).toMatchObject({
      outcome: 'unknown',
      status: 500,
      message: 'etcd is sick',
    });
    expect(api.writes.length).toBeGreaterThan(5);
  });

  it('knows that nothing was done where the server only ever was too busy', async () => {
    const api = new FakeApi(deployment());
    api.answer(patched, { status: 429, message: 'too many requests' }, 99);
    expect(await send(api, scale)).toMatchObject({ outcome: 'not-applied', status: 429 });
    expect(api.writes.length).toBeGreaterThan(5);
  });

  it('sends once what may not be sent again', async () => {
    const api = new FakeApi(deployment());
    api.answer(patched, { status: 503 });
    expect(await send(api, once)).toMatchObject({ outcome: 'unknown', status: 503 });
    expect(api.writes.length).toBe(1);
  });

  it.each([
    [3, 3000],
    [600, 10_000],
  ])('waits the %i s that the server asks for, 10 at most', async (retryAfterSeconds, ms) => {
    const api = new FakeApi(deployment());
    api.answer(patched, { status: 429, retryAfterSeconds });
    const begun = performance.now();
    await send(api, scale);
    expect(performance.now() - begun).toBe(ms);
  });
});
