import { describe, expect, it } from 'vitest';
import { cordonNode } from '../../../src/catalog/cordon-node.ts';
import { drainNode } from '../../../src/catalog/drain-node.ts';
import { uncordonNode } from '../../../src/catalog/uncordon-node.ts';
import { controlPlane } from '../../../src/gates/control-plane.ts';
import type { GateInput } from '../../../src/gates/gate.ts';
import { lastSchedulableNode } from '../../../src/gates/last-schedulable-node.ts';
import { protectedNamespace } from '../../../src/gates/protected-namespace.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { planFor } from '../catalog/asking.ts';
import { node, pod } from '../catalog/cluster-objects.ts';
import { gateInput, snapshot } from './gate-input.ts';

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane';

/** node-1 is the target. */
function cordoning(target: KubernetesObject, ...others: KubernetesObject[]): GateInput {
  const nodes = [target, ...others];
  return gateInput({
    namespace: '',
    action: cordonNode,
    namespaceObject: undefined,
    draft: planFor(cordonNode, { name: 'node-1' }, nodes),
    involved: [target],
    seen: snapshot({ nodes }),
  });
}

function tainted(name: string, key: string, effect: string): KubernetesObject {
  return node(name, { spec: { taints: [{ key, effect }] } });
}

describe('control-plane', () => {
  it.each([
    ['label', node('node-1', { metadata: { labels: { [CONTROL_PLANE]: '' } } })],
    ['older label', node('node-1', { metadata: { labels: { 'node-role.kubernetes.io/master': '' } } })],
    ['taint', tainted('node-1', CONTROL_PLANE, 'NoSchedule')],
  ])('refuses a node by its %s', (_name, target) => {
    const verdict = controlPlane.judge(cordoning(target, node('node-2')));
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'node-protected' });
    expect(verdict.message).toContain('node/node-1');
  });

  it.each([
    ['a worker', cordoning(node('node-1'), tainted('node-2', CONTROL_PLANE, 'NoSchedule'))],
    [
      'a node whose name only sounds like it',
      cordoning(node('node-1', { metadata: { labels: { master: '' } } })),
    ],
    ['what is no node', gateInput()],
  ])('lets %s pass', (_name, input) => {
    expect(controlPlane.judge(input).verdict).toBe('pass');
  });
});

describe('last-schedulable-node', () => {
  it.each([
    ['there is no other', []],
    ['the other is cordoned', [node('node-2', { spec: { unschedulable: true } })]],
    [
      'the other is not Ready',
      [node('node-2', { status: { conditions: [{ type: 'Ready', status: 'False' }] } })],
    ],
    ['the other is unknown to be Ready', [node('node-2', { status: { conditions: [] } })]],
    ['the other keeps pods off', [tainted('node-2', CONTROL_PLANE, 'NoSchedule')]],
    ['the other sends pods away', [tainted('node-2', 'maintenance', 'NoExecute')]],
  ])('refuses where %s', (_name, others) => {
    expect(lastSchedulableNode.judge(cordoning(node('node-1'), ...others))).toMatchObject({
      verdict: 'refuse',
      reasonCode: 'node-protected',
    });
  });

  it.each([
    ['another takes pods', node('node-1'), node('node-2')],
    [
      'another is of the same pool',
      tainted('node-1', 'gpu', 'NoSchedule'),
      tainted('node-2', 'gpu', 'NoSchedule'),
    ],
    ['another is only less liked', node('node-1'), tainted('node-2', 'spot', 'PreferNoSchedule')],
  ])('passes where %s', (_name, target, other) => {
    expect(lastSchedulableNode.judge(cordoning(target, other)).verdict).toBe('pass');
  });

  const cordoned = (name: string) => node(name, { spec: { unschedulable: true } });

  /** node-1 is cordoned already, so that nothing but its pods is left to take away. */
  function draining(other: KubernetesObject, ...pods: KubernetesObject[]): GateInput {
    const nodes = [cordoned('node-1'), cordoned('node-2'), other];
    const draft = planFor(drainNode, { name: 'node-1' }, [...nodes, ...pods]);
    const input = cordoning(cordoned('node-1'), ...nodes.slice(1));
    return { ...input, request: { ...input.request, action: drainNode }, draft };
  }

  const onNode = pod('web-a', { spec: { nodeName: 'node-1' } });

  it.each([
    ['refuses', 'no other takes its pods', 'refuse', draining(cordoned('node-3'), onNode)],
    ['passes', 'another takes its pods', 'pass', draining(node('node-3'), onNode)],
    ['passes', 'it has none', 'pass', draining(cordoned('node-3'))],
  ])('%s the drain of a cordoned node where %s', (_does, _where, verdict, input) => {
    expect(lastSchedulableNode.judge(input).verdict).toBe(verdict);
  });

  it('does not know where the nodes could not be listed', () => {
    const verdict = lastSchedulableNode.judge({
      ...cordoning(node('node-1'), node('node-2')),
      seen: snapshot(),
    });
    expect(verdict.verdict).toBe('unknown');
  });

  it('has nothing against a node that is put back', () => {
    const cordoned = node('node-1', { spec: { unschedulable: true } });
    const draft = planFor(uncordonNode, { name: 'node-1' }, [cordoned]);
    const input = { ...cordoning(cordoned), draft };
    expect(lastSchedulableNode.judge(input).verdict).toBe('pass');
  });
});

it('protected-namespace lets pass what lies in none', () => {
  expect(protectedNamespace.judge(cordoning(node('node-1'), node('node-2'))).verdict).toBe('pass');
});
