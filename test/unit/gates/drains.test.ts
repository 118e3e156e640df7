import { describe, expect, it } from 'vitest';
import { drainNode } from '../../../src/catalog/drain-node.ts';
import { executionOnNode } from '../../../src/gates/execution-on-node.ts';
import type { GateInput } from '../../../src/gates/gate.ts';
import { nodeCount } from '../../../src/gates/node-count.ts';
import { assessRisk } from '../../../src/plan/risk.ts';
import { planFor } from '../catalog/asking.ts';
import { node, ownedBy, pod } from '../catalog/cluster-objects.ts';
import { gateInput, snapshot } from './gate-input.ts';

const NODES = ['node-1', 'node-2', 'node-3'].map((name) => node(name));
const onNode = { spec: { nodeName: 'node-1' } };

function draining({ nodes = NODES, pods = [pod('web-a', onNode)] } = {}): GateInput {
  return gateInput({
    namespace: '',
    action: drainNode,
    namespaceObject: undefined,
    draft: planFor(drainNode, { name: 'node-1' }, [...nodes, ...pods]),
    involved: [node('node-1')],
    seen: snapshot({ nodes, pods }),
  });
}

/** As the Job controller makes it for an execution. */
function executor(namespace: string, phase: string) {
  return pod('scale-deployment-0123456789-abcde', {
    ...onNode,
    metadata: {
      namespace,
      labels: { 'kubernetesexecution.kubernaut.io/execution-id': 'scale-deployment-0123456789' },
      ownerReferences: ownedBy('Job', 'scale-deployment-0123456789', 'uid-job', 'batch/v1'),
    },
    status: { phase },
  });
}

describe('node-count', () => {
  it('refuses a drain where there are fewer than three nodes', () => {
    const verdict = nodeCount.judge(draining({ nodes: NODES.slice(0, 2) }));
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'node-protected' });
    expect(verdict.message).toContain('2 nodes');
  });

  it('refuses also where no pod is to be moved', () => {
    expect(nodeCount.judge(draining({ nodes: NODES.slice(0, 2), pods: [] })).verdict).toBe('refuse');
  });

  it('lets a drain of one of three pass, and whatever drains nothing', () => {
    expect(nodeCount.judge(draining()).verdict).toBe('pass');
    expect(nodeCount.judge(gateInput({ seen: snapshot({ nodes: [] }) })).verdict).toBe('pass');
  });

  it('does not know without the nodes', () => {
    expect(nodeCount.judge({ ...draining(), seen: snapshot() }).verdict).toBe('unknown');
  });
});

describe('execution-on-node', () => {
  it.each(['Running', 'Pending', 'Unknown'])('refuses where an executor is %s there', (phase) => {
    const verdict = executionOnNode.judge(draining({ pods: [executor('kubernetes-executor', phase)] }));
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'locked' });
    expect(verdict.message).toContain('scale-deployment-0123456789');
  });

  it.each([
    ['one that has finished', executor('kubernetes-executor', 'Succeeded')],
    ['a pod elsewhere that only bears the label', executor('shop', 'Running')],
    ['any other pod', pod('web-a', onNode)],
  ])('lets %s pass', (_name, there) => {
    expect(executionOnNode.judge(draining({ pods: [there] })).verdict).toBe('pass');
  });

  it('does not know without the pods', () => {
    expect(executionOnNode.judge({ ...draining(), seen: snapshot() }).verdict).toBe('unknown');
  });
});

describe('the risk of a drain', () => {
  const riskOf = (count: number) => {
    const pods = Array.from({ length: count }, (_, index) => pod(`web-${index}`, onNode));
    const plan = planFor(drainNode, { name: 'node-1' }, [...NODES, ...pods]);
    return assessRisk({ plan, podsAffected: plan.podsAffected, environment: 'cluster' });
  };

  it('is that of the node alone where it is empty, and grows with its pods', () => {
    expect([0, 1, 11, 51].map((count) => riskOf(count).level)).toEqual(['low', 'medium', 'medium', 'high']);
  });

  it('names what does not come back', () => {
    expect(
      riskOf(1)
        .factors.map(({ detail }) => detail)
        .join(),
    ).toContain('evicted pods stay');
  });
});
