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
function deletionOf(resource: string, group = 'apps'): PlannedRequest {
  const object = { group, version: 'v1', resource, namespace: 'shop', name: 'web' };
  return { ...request, verb: 'delete', effect: { kind: 'gone', object, uid: 'uid-web' } };
}
const unrehearsed: PlannedRequest = { ...request, rehearsal: 'cannot' };
const dependent: PlannedRequest = { ...request, rehearsal: { dependsOn: 0 } };

function risk(plan: Partial<Plan>, podsAffected = 1, environment = 'staging') {
  return assessRisk({ plan: { requests: [request], undo: reversible, ...plan }, podsAffected, environment });
}

describe('assessRisk', () => {
  it.each([
    { name: 'a reversible change of one pod', level: 'low', factors: [] },
    { name: 'production', environment: 'production', level: 'low', factors: ['production'] },
    { name: 'production as some write it', environment: 'Prod', level: 'low', factors: ['production'] },
    { name: 'what only sounds like production', environment: 'preprod', level: 'low', factors: [] },
    { name: 'no way back', plan: { undo: irreversible }, level: 'medium', factors: ['irreversible'] },
    { name: 'to nothing', plan: { requests: [toZero] }, level: 'high', factors: ['to-zero'] },
    {
      name: 'a workload deleted',
      plan: { requests: [request, deletionOf('deployments')] },
      level: 'high',
      factors: ['to-zero'],
    },
    {
      name: 'a workload of the core group deleted',
      plan: { requests: [deletionOf('replicationcontrollers', '')] },
      level: 'high',
      factors: ['to-zero'],
    },
    {
      name: 'a workload without pods deleted',
      plan: { requests: [deletionOf('deployments')] },
      pods: 0,
      level: 'low',
      factors: [],
    },
    {
      name: 'a pod deleted, for another to take its place',
      plan: { requests: [deletionOf('pods', '')] },
      level: 'low',
      factors: [],
    },
    {
      name: 'to nothing in production, many pods',
      plan: { requests: [toZero] },
      pods: 11,
      environment: 'live',
      level: 'critical',
      factors: ['many-pods', 'production', 'to-zero'],
    },
    { name: 'ten pods', pods: 10, level: 'low', factors: [] },
    { name: 'more than ten pods', pods: 11, level: 'low', factors: ['many-pods'] },
    { name: 'more than fifty pods', pods: 51, level: 'medium', factors: ['many-pods'] },
    {
      name: 'a request without a dry run',
      plan: { requests: [unrehearsed] },
      level: 'low',
      factors: ['not-rehearsed'],
    },
    {
      name: 'a request that needs another',
      plan: { requests: [request, dependent] },
      level: 'low',
      factors: ['not-rehearsed'],
    },
    {
      name: 'nothing to send',
      plan: { requests: [], undo: irreversible },
      pods: 60,
      environment: 'production',
      level: 'low',
      factors: [],
    },
  ])('$name', ({ plan = {}, pods, environment, level, factors }) => {
    const assessed = risk(plan, pods, environment);
    expect(assessed.factors.map((factor) => factor.name).toSorted()).toEqual(factors);
    expect(assessed.level).toBe(level);
  });

  it('adds its factors up, to 1 at most, and says each in words', () => {
    const worst = risk({ requests: [toZero, unrehearsed], undo: irreversible }, 60, 'production');
    expect(worst.score).toBe(1);
    expect(worst.level).toBe('critical');
    expect(worst.factors.every((factor) => factor.detail !== '')).toBe(true);
    const some = risk({ undo: irreversible }, 11);
    expect(some.score).toBe(0.4);
  });

  it('says whether it is a scaling or a deletion that leaves nothing', () => {
    const details = [toZero, deletionOf('statefulsets')].map((one) => risk({ requests: [one] }).factors);
    expect(details).toMatchObject([
      [{ detail: expect.stringContaining('0 replicas') }],
      [{ detail: expect.stringContaining('deleted') }],
    ]);
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
