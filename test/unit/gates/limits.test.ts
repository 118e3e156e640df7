import { describe, expect, it } from 'vitest';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { approval } from '../../../src/gates/approval.ts';
import { protectedNamespace } from '../../../src/gates/protected-namespace.ts';
import { replicaChange } from '../../../src/gates/replica-change.ts';
import { riskLimit } from '../../../src/gates/risk-limit.ts';
import { RISK_LEVELS } from '../../../src/plan/risk.ts';
import type { RunOptions } from '../../../src/spec/request.ts';
import { planFor } from '../catalog/asking.ts';
import { deployment } from '../catalog/cluster-objects.ts';
import { gateInput, REQUEST } from './gate-input.ts';

describe('protected-namespace', () => {
  it.each([
    'kube-system',
    'kube-public',
    'kube-node-lease',
    'kubernetes-executor',
    'kubernetes-executor-locks',
  ])('refuses %s, also with force', (namespace) => {
    const verdict = protectedNamespace.judge(gateInput({ namespace, options: { force: true } }));
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'protected-namespace' });
    expect(verdict.message).toContain(namespace);
  });

  it.each(['shop', 'default', 'kube-system-2', 'my-kubernetes-executor'])('lets %s pass', (namespace) => {
    expect(protectedNamespace.judge(gateInput({ namespace })).verdict).toBe('pass');
  });
});

describe('replica-change', () => {
  function judge(parameters: object, maxReplicaChange?: number) {
    const draft = planFor(scaleDeployment, { name: 'web', parameters }, [deployment()]);
    const options: Partial<RunOptions> = maxReplicaChange === undefined ? {} : { maxReplicaChange };
    return replicaChange.judge(gateInput({ draft, options }));
  }

  it.each([
    [{ replicas: 900 }, undefined, 'pass'],
    [{ replicas: 5 }, 3, 'pass'],
    [{ replicas: 6 }, 3, 'refuse'],
    [{ replicas: 0 }, 2, 'pass'],
    [{ replicas: 0 }, 1, 'refuse'],
    [{ replicas: 2 }, 0, 'pass'],
    [{ replicas: 3 }, 0, 'refuse'],
  ] as const)('from 2 replicas, %j with a limit of %s: %s', (parameters, limit, verdict) => {
    expect(judge(parameters, limit).verdict).toBe(verdict);
  });

  it('says by how many, and the limit', () => {
    expect(judge({ replicas: 10 }, 3)).toMatchObject({
      reasonCode: 'replica-change-too-large',
      message: expect.stringMatching(/by 8.*max-replica-change allows 3/),
    });
  });

  it('has nothing to say about a restart', () => {
    const draft = planFor(rolloutRestart, { name: 'web' }, [deployment()]);
    expect(replicaChange.judge(gateInput({ draft, options: { maxReplicaChange: 0 } })).verdict).toBe('pass');
  });
});

describe('risk-limit', () => {
  const pairs = RISK_LEVELS.flatMap((level, risk) =>
    RISK_LEVELS.map((maxRisk, most) => ({ level, maxRisk, verdict: risk <= most ? 'pass' : 'refuse' })),
  );

  it.each(pairs)('risk $level under max-risk $maxRisk: $verdict', ({ level, maxRisk, verdict }) => {
    const risk = { level, score: 0.5, factors: [] };
    expect(riskLimit.judge(gateInput({ risk, options: { maxRisk } })).verdict).toBe(verdict);
  });

  it('tells what makes the risk', () => {
    const factors = [{ name: 'to-zero', weight: 0.5, detail: 'nothing serves any more at 0 replicas' }];
    const input = gateInput({ risk: { level: 'high', score: 0.5, factors }, options: { maxRisk: 'low' } });
    expect(riskLimit.judge(input)).toMatchObject({
      reasonCode: 'risk-too-high',
      message: expect.stringContaining('nothing serves any more at 0 replicas'),
    });
  });
});

describe('approval', () => {
  it.each([
    [false, 'run', 'pass'],
    [true, 'run', 'refuse'],
    [true, 'plan', 'pass'],
    [true, 'apply', 'pass'],
  ] as const)('asked for: %s, in mode %s: %s', (requireApproval, mode, verdict) => {
    const input = gateInput({ request: { ...REQUEST, requireApproval }, mode });
    expect(approval.judge(input).verdict).toBe(verdict);
  });

  it('is not given by force, and says how it is', () => {
    const input = gateInput({ request: { ...REQUEST, requireApproval: true }, options: { force: true } });
    expect(approval.judge(input)).toMatchObject({
      verdict: 'refuse',
      reasonCode: 'approval-required',
      remedy: expect.stringMatching(/mode plan.*mode apply/),
    });
  });
});
