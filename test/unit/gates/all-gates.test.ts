import { describe, expect, it } from 'vitest';
import { judgeGates } from '../../../src/gates/index.ts';
import { REASON_CODES } from '../../../src/plan/reason-codes.ts';
import { deployment } from '../catalog/cluster-objects.ts';
import { gateInput, REQUEST } from './gate-input.ts';

/** Everything wrong at once. */
const worst = gateInput({
  namespace: 'kube-system',
  request: { ...REQUEST, requireApproval: true },
  risk: { level: 'critical', score: 1, factors: [] },
  autoscalers: undefined,
  involved: [
    deployment({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'argocd.argoproj.io/tracking-id': 'x' },
      },
    }),
  ],
  options: { expectedUid: 'another', maxReplicaChange: 0, maxRisk: 'low' },
});

describe('judgeGates', () => {
  it('asks every gate, also after a refusal', () => {
    expect(judgeGates(worst).map(({ gate, verdict }) => [gate, verdict])).toEqual([
      ['expected-uid', 'refuse'],
      ['protected-namespace', 'refuse'],
      ['control-plane', 'pass'],
      ['last-schedulable-node', 'pass'],
      ['node-count', 'pass'],
      ['execution-on-node', 'pass'],
      ['disruption-budget', 'pass'],
      ['gitops-ownership', 'refuse'],
      ['helm-ownership', 'warn'],
      ['autoscaler', 'unknown'],
      ['replica-change', 'refuse'],
      ['risk-limit', 'refuse'],
      ['approval', 'refuse'],
    ]);
  });

  it('gives each word but a pass a documented reason and a way out', () => {
    for (const verdict of judgeGates(worst).filter((one) => one.verdict !== 'pass')) {
      expect(Object.keys(REASON_CODES)).toContain(verdict.reasonCode);
      expect(verdict.message).not.toBe('');
      expect(verdict.remedy).toMatch(/\.$/);
    }
  });

  it('lets a harmless change pass everywhere', () => {
    const verdicts = judgeGates(gateInput());
    expect(verdicts.length).toBe(judgeGates(worst).length);
    expect(new Set(verdicts.map(({ verdict, reasonCode }) => `${verdict} ${reasonCode}`))).toEqual(
      new Set(['pass ok']),
    );
  });
});
