import { describe, expect, it } from 'vitest';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { approval } from '../../../src/gates/approval.ts';
import { disruptionBudget } from '../../../src/gates/disruption-budget.ts';
import { expectedUid } from '../../../src/gates/expected-uid.ts';
import { protectedNamespace } from '../../../src/gates/protected-namespace.ts';
import { replicaChange } from '../../../src/gates/replica-change.ts';
import { riskLimit } from '../../../src/gates/risk-limit.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { RISK_LEVELS } from '../../../src/plan/risk.ts';
import type { RunOptions } from '../../../src/spec/request.ts';
import { planFor } from '../catalog/asking.ts';
import { budget, daemonSet, deployment, pod, replicaSet } from '../catalog/cluster-objects.ts';
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

  it("goes by the installation's own list", () => {
    const judge = (namespace: string) =>
      protectedNamespace.judge(gateInput({ namespace, protectedNamespaces: ['kube-system', 'vault'] }));
    expect(judge('vault')).toMatchObject({ verdict: 'refuse', reasonCode: 'protected-namespace' });
    expect(judge('kube-public').verdict).toBe('pass');
  });

  it.each(['shop', 'default', 'kube-system-2', 'my-kubernetes-executor'])('lets %s pass', (namespace) => {
    expect(protectedNamespace.judge(gateInput({ namespace })).verdict).toBe('pass');
  });
});

describe('expected-uid', () => {
  const judge = (uid: string | undefined) =>
    expectedUid.judge(
      gateInput({ options: { force: true, ...(uid === undefined ? {} : { expectedUid: uid }) } }),
    );

  it.each([undefined, 'uid-deployment'])('lets the object pass that has %s', (uid) => {
    expect(judge(uid).verdict).toBe('pass');
  });

  it('refuses another of the same name, also with force, and says which it is', () => {
    const verdict = judge('uid-before');
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'target-replaced' });
    expect(verdict.message).toBe(
      'deployment/web has the uid uid-deployment, not uid-before: another object has taken its place',
    );
  });

  it('refuses a plan for several objects, which have no one uid', () => {
    const { draft } = gateInput();
    const { uid: _uid, ...target } = draft.target;
    const input = gateInput({ draft: { ...draft, target }, options: { expectedUid: 'uid-deployment' } });
    expect(expectedUid.judge(input).verdict).toBe('refuse');
  });
});

describe('disruption-budget', () => {
  const selector = { matchLabels: { app: 'web' } };
  const ready = pod('web-1', { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
  const full = budget('web', { spec: { selector, minAvailable: 2 }, status: { disruptionsAllowed: 0 } });
  const judge = (budgets: readonly KubernetesObject[] | undefined, one = ready, force = false) => {
    const draft = planFor(restartPod, { name: 'web-1' }, [replicaSet(), one]);
    const seen = { ...gateInput().seen, get: () => one, list: () => budgets };
    return disruptionBudget.judge(gateInput({ draft, seen, options: { force } }));
  };

  it('refuses to delete a pod that its budget does not let go, and only warns with force', () => {
    expect(judge([full])).toMatchObject({ verdict: 'refuse', reasonCode: 'disruption-budget' });
    expect(judge([full]).message).toContain('poddisruptionbudget/web in shop (minAvailable 2)');
    expect(judge([full], ready, true).verdict).toBe('warn');
  });

  it('lets pass what no budget counts, or one that has room', () => {
    const room = { ...full, status: { disruptionsAllowed: 1 } };
    const other = { ...full, spec: { selector: { matchLabels: { app: 'api' } } } };
    const failing = pod('web-1', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    expect(
      [judge([]), judge([room]), judge([other]), judge([full], failing)].map((one) => one.verdict),
    ).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(disruptionBudget.judge(gateInput()).verdict).toBe('pass');
  });

  it('does not know where budgets could not be listed', () => {
    expect(judge(undefined)).toMatchObject({ verdict: 'unknown', reasonCode: 'permission-unknown' });
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

  it.each([
    ['a Deployment', deployment(), 1, 'refuse'],
    ['a Deployment', deployment(), 2, 'pass'],
    ['a Deployment without pods', deployment({ spec: { replicas: 0 } }), 0, 'pass'],
    ['a DaemonSet', daemonSet({ status: { desiredNumberScheduled: 3 } }), 2, 'refuse'],
    ['a Pod', pod('web-1'), 0, 'pass'],
    ['what is not there any more', null, 0, 'pass'],
  ] as const)('counts %s that is deleted with all its replicas', (_what, live, maxReplicaChange, verdict) => {
    const { draft, seen } = gateInput();
    const object = { group: 'apps', version: 'v1', resource: 'any', namespace: 'shop', name: 'web' };
    const requests = draft.requests.map((request) => ({
      ...request,
      effect: { kind: 'gone' as const, object, uid: 'uid-web' },
    }));
    const input = gateInput({
      draft: { ...draft, requests },
      seen: { ...seen, get: () => live },
      options: { maxReplicaChange },
    });
    expect(replicaChange.judge(input).verdict).toBe(verdict);
  });

  const running = (replicas: number) => ({ ...deployment({ spec: {} }), status: { replicas } });

  it.each([
    ['runs as many as it has to', { pointer: '/spec/replicas', after: 3 }, running(3), 0],
    ['runs others', { pointer: '/spec/replicas', after: 3 }, running(5), 2],
    ['says nothing of it', { pointer: '/spec/replicas', after: 3 }, null, 2],
    ['has no spec', { pointer: '/spec', after: { replicas: 3 } }, null, 2],
    ['states it no more', { pointer: '/spec/replicas', before: 4 }, running(4), 3],
    ['has none before or after', { pointer: '/spec', after: { size: 3 } }, null, 0],
    ['means something else by it', { pointer: '/spec/replicas', after: { min: 3 } }, null, 0],
    ['goes by replicas of another name', { pointer: '/spec/replicasMax', before: 1, after: 9 }, null, 0],
  ])('knows by how many one changes that did not state its number and %s', (_what, field, live, change) => {
    const { draft, seen } = gateInput();
    const object = { group: 'example.com', version: 'v1', resource: 'any', namespace: 'shop', name: 'web' };
    const requests = draft.requests.map((request) => ({
      ...request,
      effect: { kind: 'fields' as const, object, fields: [field] },
    }));
    const input = gateInput({
      draft: { ...draft, requests },
      seen: { ...seen, get: () => live },
      options: { maxReplicaChange: 9 },
    });
    expect(replicaChange.judge(input)).toMatchObject({
      verdict: 'pass',
      message: `the replicas change by ${change}, at most 9 may`,
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
