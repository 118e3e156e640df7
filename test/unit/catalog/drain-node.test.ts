import { describe, expect, it } from 'vitest';
import { drainNode } from '../../../src/catalog/drain-node.ts';
import { hashPlan } from '../../../src/plan/hash.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { ask, planFor, refusalFor } from './asking.ts';
import { budget, daemonSet, node, ownedBy, pod } from './cluster-objects.ts';

const NODES = [node('node-1'), node('node-2'), node('node-3')];

function here(
  name: string,
  over: { metadata?: object; spec?: object; status?: object } = {},
): KubernetesObject {
  return pod(name, { ...over, spec: { nodeName: 'node-1', ...over.spec } });
}

function plan(objects: readonly KubernetesObject[], parameters: object = {}, force = false) {
  return planFor(drainNode, { name: 'node-1', parameters, force }, [...NODES, ...objects]);
}

function refusal(objects: readonly KubernetesObject[], parameters: object = {}) {
  return refusalFor(drainNode, { name: 'node-1', parameters }, [...NODES, ...objects]);
}

const agent = here('agent-x', {
  metadata: { ownerReferences: ownedBy('DaemonSet', 'agent', 'uid-daemonset') },
});
const mirror = here('proxy-node-1', {
  metadata: {
    annotations: { 'kubernetes.io/config.mirror': 'x' },
    ownerReferences: ownedBy('Node', 'node-1', 'uid-node-1', 'v1'),
  },
});
const lonely = here('lonely', { metadata: { ownerReferences: undefined } });
const caching = here('caching', { spec: { volumes: [{ name: 'cache', emptyDir: {} }] } });

describe('drain-node', () => {
  it('cordons first, then evicts each pod of the node by its uid, all together', () => {
    const { requests, checks, podsAffected } = plan([here('web-b'), here('web-a'), pod('elsewhere')]);
    expect(requests.map(({ verb, path }) => `${verb} ${path.name}`)).toEqual([
      'patch node-1',
      'evict web-a',
      'evict web-b',
    ]);
    expect(requests[1]).toMatchObject({
      path: { resource: 'pods', namespace: 'shop', subresource: 'eviction' },
      body: { preconditions: { uid: 'uid-web-a' } },
      together: true,
      waitsForBudget: true,
      resendable: true,
    });
    expect(requests[1]?.body).not.toHaveProperty('gracePeriodSeconds');
    expect(checks).toContainEqual({ kind: 'node-drained', node: 'node-1', uids: ['uid-web-a', 'uid-web-b'] });
    expect(podsAffected).toBe(2);
  });

  it('gives the pods as long to stop as was asked', () => {
    const [, request] = plan([here('web-a')], { 'grace-period-seconds': 0 }).requests;
    expect(request?.body).toMatchObject({ gracePeriodSeconds: 0 });
  });

  it('locks the node, and drains altogether', () => {
    expect(plan([here('web-a')]).locks.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'Node node-1',
      'Cluster drain',
    ]);
  });

  it('is undone by making the node schedulable, and says what stays', () => {
    const { undo, notes } = plan([here('web-a')]);
    expect(undo).toMatchObject({
      kind: 'requests',
      requests: [{ summary: 'uncordon node/node-1', undoes: 0 }],
    });
    expect(undo.kind === 'requests' && undo.leaves).toContain('evicted pods stay');
    expect(notes.join()).toContain('evicted pods stay');
  });

  it('leaves a node cordoned that was so before, also when it is undone', () => {
    const cordoned = node('node-1', { spec: { unschedulable: true } });
    const { requests, undo } = planFor(drainNode, { name: 'node-1' }, [cordoned, here('web-a')]);
    expect(requests.map(({ verb }) => verb)).toEqual(['evict']);
    expect(undo).toMatchObject({ requests: [] });
  });

  it.each([
    ['of DaemonSets', [agent, daemonSet()], 'shop/agent-x'],
    ['of the kubelet itself', [mirror], 'shop/proxy-node-1'],
    ['that have succeeded', [here('job', { status: { phase: 'Succeeded' } })], 'shop/job'],
    ['that have failed', [here('job', { status: { phase: 'Failed' } })], 'shop/job'],
    [
      'on their way out',
      [here('old', { metadata: { deletionTimestamp: '2026-03-01T11:59:00Z' } })],
      'shop/old',
    ],
  ])('leaves pods %s alone, and says so', (_name, objects, named) => {
    const { requests, notes } = plan(objects);
    expect(requests.map(({ verb }) => verb)).toEqual(['patch']);
    expect(notes.join()).toContain(named);
  });

  it('asks for each DaemonSet once, in its own namespace', () => {
    const twin = {
      ...agent,
      metadata: { ...agent.metadata, name: 'agent-y', namespace: 'other', uid: 'uid-y' },
    };
    const { reads } = ask(drainNode, { name: 'node-1' }, [...NODES, agent, { ...agent }, twin, daemonSet()]);
    const asked = reads
      .flatMap((read) => ('path' in read ? [read.path] : []))
      .filter(({ resource }) => resource === 'daemonsets')
      .map(({ namespace }) => namespace);
    expect(asked).toEqual(['shop', 'other']);
  });
});

describe('drain-node refuses', () => {
  it.each([
    ['a pod without a controller', [lonely], 'shop/lonely', 'force'],
    ['a pod whose DaemonSet is gone', [agent], 'shop/agent-x', 'force'],
    ['a pod with an emptyDir', [caching], 'shop/caching', 'delete-local-data'],
  ])('%s, with the way out', (_name, objects, named, remedy) => {
    const { reasonCode, message } = refusal(objects);
    expect(reasonCode).toBe('target-unsuitable');
    expect(message).toContain(named);
    expect(message).toContain(remedy);
  });

  it('pods of DaemonSets where they are not to be ignored', () => {
    expect(refusal([agent, daemonSet()], { 'ignore-daemonsets': false }).message).toContain('shop/agent-x');
  });

  it('all at once', () => {
    const never = budget('web', { status: { desiredHealthy: 2, disruptionsAllowed: 0 } });
    const { message } = refusal([lonely, caching, here('web-a'), never]);
    for (const text of ['shop/lonely', 'shop/caching', 'poddisruptionbudget/web'])
      expect(message).toContain(text);
  });

  it('neither where the inputs and parameters allow it', () => {
    expect(plan([lonely], {}, true).requests).toHaveLength(2);
    expect(plan([caching], { 'delete-local-data': true }).requests).toHaveLength(2);
    expect(plan([caching], { 'delete-emptydir-data': true }).requests).toHaveLength(2);
  });
});

describe('disruption budgets of a drain', () => {
  const two = [here('web-a'), here('web-b')];

  it('are held against the whole set: one of two can go now', () => {
    const { requests, notes } = plan([...two, budget('web')]);
    expect(requests).toHaveLength(3);
    expect(notes.join()).toContain('poddisruptionbudget/web in shop (minAvailable 1) lets go of 1 of 2');
  });

  it('that let go of fewer the next moment leave the plan what it is', () => {
    const hash = (disruptionsAllowed: number) =>
      hashPlan(plan([...two, budget('web', { status: { disruptionsAllowed } })]) as unknown as Plan);
    expect(hash(0)).toBe(hash(1));
  });

  it('are no matter where they let go of all', () => {
    const { notes } = plan([...two, budget('web', { status: { disruptionsAllowed: 2 } })]);
    expect(notes.join()).not.toContain('poddisruptionbudget');
  });

  it('that ask for all pods refuse the drain, and it is said what to change', () => {
    const never = budget('web', {
      spec: { minAvailable: 2 },
      status: { desiredHealthy: 2, disruptionsAllowed: 0 },
    });
    const { reasonCode, message } = refusal([...two, never]);
    expect(reasonCode).toBe('disruption-budget');
    expect(message).toMatch(/poddisruptionbudget\/web.*shop\/web-a, shop\/web-b.*minAvailable/);
  });

  it('that have run out for now only make the drain wait', () => {
    const short = budget('web', { status: { currentHealthy: 1, disruptionsAllowed: 0 } });
    expect(plan([...two, short]).notes.join()).toContain('lets go of 0 of 2');
  });

  it('that their controller has not seen yet are waited for', () => {
    const stale = budget('web', {
      metadata: { generation: 2 },
      status: { desiredHealthy: 2, disruptionsAllowed: 0 },
    });
    expect(plan([...two, stale]).requests).toHaveLength(3);
  });

  it('two on one pod refuse it by their names', () => {
    const { reasonCode, message } = refusal([
      ...two,
      budget('web'),
      budget('all', { spec: { selector: {} } }),
    ]);
    expect(reasonCode).toBe('disruption-budget');
    expect(message).toContain('all and web');
  });

  it.each([
    ['of another namespace', [...two, budget('web', { metadata: { namespace: 'other' } })]],
    ['of other pods', [...two, budget('db', { spec: { selector: { matchLabels: { app: 'db' } } } })]],
    ['without a selector', [...two, budget('none', { spec: { selector: undefined } })]],
    ['over pods that have not started', [here('web-a', { status: { phase: 'Pending' } }), never()]],
    [
      'that let pods go that are not Ready',
      [here('web-a', { status: { conditions: [] } }), never({ unhealthyPodEvictionPolicy: 'AlwaysAllow' })],
    ],
  ])('%s have no word', (_name, objects) => {
    expect(plan(objects).notes.join()).not.toContain('poddisruptionbudget');
  });
});

function never(spec: object = {}): KubernetesObject {
  return budget('web', { spec, status: { desiredHealthy: 2, disruptionsAllowed: 0 } });
}
