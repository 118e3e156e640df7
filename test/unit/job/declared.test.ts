import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Declared, findMisfits, readArguments, writeArguments } from '../../../src/job/declared.ts';
import { hashPlan } from '../../../src/plan/hash.ts';
import type { Plan, PlannedRequest, UndoRequest } from '../../../src/plan/plan.ts';
import {
  declaredOf,
  EXECUTION,
  envelopeOf,
  podPlan,
  ROLLBACK_SETTINGS,
  restartPlan,
  scalePlan,
} from '../execute/executions.ts';

/** What the Job would have declared for the plan, whatever is wrong with it. */
function misfits(plan: Plan, declared: Partial<Declared> = {}): readonly string[] {
  const envelope = envelopeOf(plan);
  return findMisfits(envelope, { ...declaredOf(plan), ...declared }, envelope.executionId);
}

function elsewhere<Request extends PlannedRequest>(request: Request, namespace?: string): Request {
  const { namespace: _namespace, ...path } = request.path;
  return { ...request, path: namespace === undefined ? path : { ...path, namespace } };
}

describe('findMisfits', () => {
  it.each([scalePlan(5), restartPlan(), podPlan()])('has nothing against $summary', (plan) => {
    expect(misfits(plan)).toEqual([]);
  });

  it('has nothing against the plan as it comes out of the mounted file', () => {
    expect(misfits(JSON.parse(JSON.stringify(scalePlan(5))))).toEqual([]);
  });

  it('refuses another plan than the one whose hash was declared', () => {
    const planHash = hashPlan(scalePlan(4));
    expect(misfits(scalePlan(5), { planHash })).toEqual([expect.stringContaining('hash')]);
  });

  it('refuses a plan whose settings were changed after it was approved', () => {
    const planHash = hashPlan(scalePlan(5));
    expect(misfits(scalePlan(5, { onFailure: 'keep' }), { planHash }).length).toBe(1);
  });

  it('refuses the plan of another action', () => {
    const [misfit] = misfits(scalePlan(5), { action: 'restart-pod' });
    expect(misfit).toContain('scale-deployment');
    expect(misfit).toContain('restart-pod');
  });

  it.each(['other', undefined])('refuses a request to namespace %s', (namespace) => {
    const plan = scalePlan(5);
    const requests = plan.requests.map((request) => elsewhere(request, namespace));
    expect(misfits({ ...plan, requests })).toEqual([expect.stringContaining('shop')]);
  });

  it('refuses an undo in another namespace', () => {
    const plan = scalePlan(5);
    if (plan.undo.kind === 'irreversible') throw new Error('it has an undo');
    const requests = plan.undo.requests.map((request: UndoRequest) => elsewhere(request, 'other'));
    expect(misfits({ ...plan, undo: { ...plan.undo, requests } }).length).toBe(1);
  });

  it('refuses every request, check and lock where another namespace, or none, was declared', () => {
    for (const namespace of ['other', '']) {
      const said = misfits(scalePlan(5), { scope: { kind: 'namespace', namespace } }).join('\n');
      expect(said).toContain('the lock of deployment/web');
      expect(said).toContain('a check of pods');
      expect(said).toContain('the effect of');
    }
  });

  it("refuses a lock on another namespace's target, which would keep others from it", () => {
    const plan = scalePlan(5);
    const locks = plan.locks.map((lock) => ({ ...lock, namespace: 'victim' }));
    expect(misfits({ ...plan, locks })).toEqual([expect.stringContaining('the lock of deployment/web')]);
  });

  it('refuses a time that is none, which the hash leaves out', () => {
    expect(misfits({ ...restartPlan(), at: 'any text' })).toContain('the time of the plan is none');
  });

  it('refuses the envelope of another execution, but in a rollback wants just that', () => {
    const envelope = envelopeOf(scalePlan(5));
    const declared = declaredOf(envelope.plan);
    expect(findMisfits(envelope, declared, 'scale-deployment-other').length).toBe(1);
    const rollback = { ...declared, rollsBack: envelope.executionId, rollbackSettings: ROLLBACK_SETTINGS };
    expect(findMisfits(envelope, rollback, 'scale-deployment-other')).toEqual([]);
  });

  it('wants the settings of a rollback, and none of others', () => {
    const text = 'a rollback, and nothing else, declares settings of its own';
    expect(misfits(scalePlan(5), { rollsBack: EXECUTION })).toEqual([text]);
    expect(misfits(scalePlan(5), { rollbackSettings: ROLLBACK_SETTINGS })).toEqual([text]);
  });

  it('lets a cluster-scoped Job write where its ClusterRole lets it', () => {
    const plan: Plan = { ...scalePlan(5), scope: { kind: 'cluster' } };
    expect(misfits(plan)).toEqual([]);
  });

  it('tells everything that is wrong at once', () => {
    const said = misfits(scalePlan(5), {
      planHash: 'sha256:0',
      action: 'drain-node',
      scope: { kind: 'namespace', namespace: 'x' },
    }).join('\n');
    expect(said).toContain('hash');
    expect(said).toContain('drain-node');
    expect(said).toContain('namespace x');
  });
});

describe('the arguments of the container', () => {
  const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
  const seconds = fc.nat({ max: 86_400 });
  const declarations = fc.record(
    {
      planHash: name.map((hash) => `sha256:${hash}`),
      action: name,
      scope: fc.oneof(
        fc.constant({ kind: 'cluster' as const }),
        name.map((namespace) => ({ kind: 'namespace' as const, namespace })),
      ),
      rollsBack: name,
      rollbackSettings: fc.record({
        onLocked: fc.constantFrom('fail' as const, 'wait' as const, 'skip' as const),
        lockTimeoutSeconds: seconds,
        verifyTimeoutSeconds: seconds,
        runTimeoutSeconds: seconds,
        scheduleTimeoutSeconds: seconds,
      }),
    },
    { requiredKeys: ['planHash', 'action', 'scope'] },
  );

  it('are read as they were written', () => {
    fc.assert(
      fc.property(declarations, (declared) => {
        expect(readArguments(writeArguments(declared))).toEqual(declared);
      }),
    );
  });

  it('declare nothing that fits where they are missing', () => {
    const declared = readArguments([]);
    expect(declared).toEqual({
      planHash: '',
      action: '',
      scope: { kind: 'namespace', namespace: '' },
    });
    expect(findMisfits(envelopeOf(scalePlan(5)), declared, 'other').length).toBeGreaterThan(4);
  });
});
