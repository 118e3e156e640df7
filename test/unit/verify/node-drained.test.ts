import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { NodeDrained } from '../../../src/plan/plan.ts';
import { judge } from '../../../src/verify/judge.ts';
import { ownedBy, pod } from '../catalog/cluster-objects.ts';
import { viewOf } from './views.ts';

const check: NodeDrained = { kind: 'node-drained', node: 'node-1', uids: ['uid-web-a', 'uid-web-b'] };
const LEFT = pod('left-alone', { metadata: { ownerReferences: ownedBy('DaemonSet', 'agent', 'uid') } });
const before = [pod('web-a'), pod('web-b'), LEFT, pod('late')];

function judgeNow(...now: KubernetesObject[]) {
  return judge(check, viewOf({ now, before }));
}

describe('node-drained', () => {
  it('waits for each planned pod by its uid, and names it', () => {
    const leaving = pod('web-b', { metadata: { deletionTimestamp: '2026-03-01T12:00:30Z' } });
    const state = judgeNow(LEFT, leaving);
    expect(state.kind).toBe('pending');
    expect(state.detail).toContain('1 of 2 pods');
    expect(state.detail).toContain('shop/web-b (to end by 2026-03-01T12:00:30Z)');
  });

  it('is met when they are gone, whatever else was there before', () => {
    const state = judgeNow(LEFT);
    expect(state).toEqual({ kind: 'met', detail: '2 pods have left node/node-1' });
  });

  it('fails at once where a pod came to the node after the plan and before the cordon', () => {
    const state = judgeNow(pod('web-b'), pod('late'));
    expect(state).toMatchObject({ kind: 'failed', reasonCode: 'conflict' });
    expect(state.detail).toContain('shop/late came to node/node-1 after the drain was planned');
    const leaving = pod('late', { metadata: { deletionTimestamp: '2026-03-01T12:00:30Z' } });
    expect(judgeNow(leaving).kind).toBe('met');
  });

  it('takes a new pod of an old name for what it is, and tells of it', () => {
    const state = judgeNow(pod('web-a', { metadata: { uid: 'uid-reborn' } }));
    expect(state.kind).toBe('met');
    expect(state.detail).toContain('new on it since the drain began: shop/web-a');
  });

  it.each([
    ['DaemonSets', pod('agent', { metadata: { ownerReferences: ownedBy('DaemonSet', 'agent', 'uid') } })],
    ['the kubelet', pod('proxy', { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } })],
    ['the past', pod('job', { status: { phase: 'Succeeded' } })],
  ])('says nothing of new pods of %s', (_name, newcomer) => {
    expect(judgeNow(newcomer)).toEqual({ kind: 'met', detail: '2 pods have left node/node-1' });
  });
});
