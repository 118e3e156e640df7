import { describe, expect, it } from 'vitest';
import type { Plan, PlannedRequest } from '../../../src/plan/plan.ts';
import { assessRisk, RISK_LEVELS } from '../../../src/plan/risk.ts';
import { PLAN, WEB } from './plans.ts';

const [request] = PLAN.requests as [PlannedRequest];
const reversible: Plan['undo'] = { kind: 'requests', requests: [], checks: [] };
const irreversible: Plan['undo'] = { kind: 'irreversible', reason: 'a deleted pod does not come back' };
const toZero: PlannedRequest = {
  ...request,
  effect: { kind: 'fields', object: WEB, fields: [{ pointer: '/spec/replicas', before: 2, after: 0 }] },
};
const unrehearsed: PlannedRequest = { ...request, rehearsal: 'cannot' };
const dependent: PlannedRequest = { ...request, rehearsal: { dependsOn: 0 } };

function risk(plan: Partial<Plan>, podsAffected = 1, environment = 'staging') {
  return assessRisk({ plan: { requests: [request], undo: reversible, ...plan }, podsAffected, environment });
}

describe('assessRisk', () => {
  it.each([
    ['a reversible change of one pod', {}, 1, 'staging', 'low', []],
    ['production', {}, 1, 'production', 'low', ['production']],
    ['Prod, as some write it', {}, 1, 'Prod', 'low', ['production']],
    ['an environment that only sounds like production', {}, 1, 'preprod', 'low', []],
    ['no way back', { undo: irreversible }, 1, 'staging', 'medium', ['irreversible']],
    ['to nothing', { requests: [toZero] }, 2, 'staging', 'high', ['to-zero']],
    [
      'to nothing in production',
      { requests: [toZero] },
      11,
      'live',
      'critical',
      ['many-pods', 'production', 'to-zero'],
    ],
    ['more than ten pods', {}, 11, 'staging', 'low', ['many-pods']],
    ['more than fifty pods', {}, 51, 'staging', 'medium', ['many-pods']],
    ['ten pods', {}, 10, 'staging', 'low', []],
    ['a request without a dry run', { requests: [unrehearsed] }, 1, 'staging', 'low', ['not-rehearsed']],
    ['a request after another', { requests: [request, dependent] }, 1, 'staging', 'low', ['not-rehearsed']],
    ['nothing to send', { requests: [], undo: irreversible }, 60, 'production', 'low', []],
  ] as const)('%s', (_name, plan, pods, environment, level, names) => {
    const { level: found, factors } = risk(plan, pods, environment);
    expect(factors.map((factor) => factor.name).toSorted()).toEqual(names);
    expect(found).toBe(level);
  });

  it('adds its factors up, to 1 at most, and says each in words', () => {
    const worst = risk({ requests: [toZero, unrehearsed], undo: irreversible }, 60, 'production');
    expect(worst.score).toBe(1);
    expect(worst.level).toBe('critical');
    expect(worst.factors.every((factor) => factor.detail !== '')).toBe(true);
    const some = risk({ undo: irreversible }, 11);
    expect(some.score).toBe(0.4);
  });

  it('never gets lower when something risky is added', () => {
    const steps = [
      risk({}),
      risk({}, 11),
      risk({}, 51),
      risk({ undo: irreversible }, 51),
      risk({ undo: irreversible, requests: [toZero] }, 51),
      risk({ undo: irreversible, requests: [toZero, unrehearsed] }, 51, 'production'),
    ].map(({ level }) => RISK_LEVELS.indexOf(level));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });
});
