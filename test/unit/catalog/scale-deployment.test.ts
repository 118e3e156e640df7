import { describe, expect, it } from 'vitest';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { planFor, refusalFor } from './asking.ts';
import { deployment } from './cluster-objects.ts';

const path = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop', name: 'web' };

function scale(parameters: object, over: Parameters<typeof deployment>[0] = {}) {
  return planFor(scaleDeployment, { name: 'web', parameters }, [deployment(over)]);
}

function refuse(parameters: object, over: Parameters<typeof deployment>[0] = {}) {
  return refusalFor(scaleDeployment, { name: 'web', parameters }, [deployment(over)]);
}

describe('scale-deployment', () => {
  it('patches the scale of the very object, if its replicas are as they were', () => {
    expect(scale({ replicas: 5 })).toMatchObject({
      summary: 'scale deployment/web in shop from 2 to 5 replicas',
      requests: [
        {
          verb: 'patch',
          patchType: 'json',
          path: { ...path, subresource: 'scale' },
          body: [
            { op: 'test', path: '/metadata/uid', value: 'uid-deployment' },
            { op: 'test', path: '/spec/replicas', value: 2 },
            { op: 'add', path: '/spec/replicas', value: 5 },
          ],
          effect: {
            kind: 'fields',
            object: path,
            fields: [{ pointer: '/spec/replicas', before: 2, after: 5 }],
          },
        },
      ],
      checks: [{ kind: 'replicas-available', object: path, podSelector: 'app=web', replicas: 5 }],
    });
  });

  it.each([
    [{ replicas: 0 }, 2, 0],
    [{ 'replicas-increment': 3 }, 2, 5],
    [{ 'replicas-increment': -2 }, 2, 0],
    [{ 'replicas-increase': 1 }, 2, 3],
    [{ 'replicas-increment': 0 }, 2, 2],
    [{ 'replicas-increment': 998 }, 2, 1000],
  ])('%j makes %i replicas %i', (parameters, before, after) => {
    const plan = scale(parameters, { spec: { replicas: before } });
    expect(plan.checks).toMatchObject([{ kind: 'replicas-available', replicas: after }]);
    expect(plan.podsAffected).toBe(Math.abs(after - before));
  });

  it('counts absent replicas as the one that the API server makes of them', () => {
    expect(scale({ 'replicas-increment': 1 }, { spec: { replicas: undefined } }).summary).toContain(
      'from 1 to 2',
    );
  });

  it.each([
    [{ 'replicas-increment': -3 }, 2],
    [{ 'replicas-increment': 999 }, 2],
  ])('refuses %j, which leaves 0 to 1000, and says what it would have become', (parameters, replicas) => {
    const refusal = refuse(parameters, { spec: { replicas } });
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toContain(String(replicas + parameters['replicas-increment']));
  });

  it('refuses a Deployment that is not there', () => {
    const refusal = refusalFor(scaleDeployment, { name: 'web', parameters: { replicas: 1 } }, []);
    expect(refusal.reasonCode).toBe('target-not-found');
    expect(refusal.message).toContain('deployment/web');
    expect(refusal.message).toContain('shop');
  });

  it('sends nothing where the replicas already are as asked, and still verifies', () => {
    const plan = scale({ replicas: 2 });
    expect(plan.requests).toEqual([]);
    expect(plan.undo).toMatchObject({ kind: 'requests', requests: [] });
    expect(plan.checks).toMatchObject([{ kind: 'replicas-available', replicas: 2 }]);
    expect(plan.podTemplates).toEqual([]);
  });

  it('tests for the empty spec that a Scale of no replicas has', () => {
    const [up] = scale({ replicas: 2 }, { spec: { replicas: 0 } }).requests;
    expect(up?.body).toContainEqual({ op: 'test', path: '/spec', value: {} });
    const { undo } = scale({ replicas: 0 });
    expect(undo).toMatchObject({
      requests: [{ body: expect.arrayContaining([{ op: 'test', path: '/spec', value: {} }]) }],
    });
  });

  it('rehearses a pod only when there will be more', () => {
    expect(scale({ replicas: 3 }).podTemplates).toMatchObject([
      { namespace: 'shop', replaces: false, metadata: { labels: { app: 'web' } } },
    ]);
    expect(scale({ replicas: 1 }).podTemplates).toEqual([]);
  });

  it.each([
    ['all replicas were available', { replicas: 5 }, {}, true],
    ['one was not available', { replicas: 5 }, { status: { availableReplicas: 1 } }, false],
    ['there was one too many', { replicas: 5 }, { status: { replicas: 3 } }, false],
    [
      'there were to be none, and were none',
      { replicas: 1 },
      { spec: { replicas: 0 }, status: { replicas: undefined, availableReplicas: undefined } },
      true,
    ],
  ])('says for the undo that %s', (_name, parameters, live, heldBefore) => {
    const before = 'spec' in live ? 0 : 2;
    expect(scale(parameters, live).undo).toMatchObject({
      checks: [
        {
          kind: 'fields-equal',
          fields: [{ pointer: '/spec/replicas', before: parameters.replicas, after: before }],
        },
        { kind: 'replicas-available', replicas: before, heldBefore },
      ],
    });
  });

  it.each([
    [{}],
    [{ replicas: 1, 'replicas-increment': 1 }],
    [{ replicas: -1 }],
    [{ replicas: 1001 }],
    [{ replicas: 1.5 }],
    [{ replicas: '3' }],
    [{ 'replicas-increment': 1, 'replicas-increase': 1 }],
    [{ replicas: 1, image: 'x' }],
  ])('does not take %j', (parameters) => {
    expect(scaleDeployment.parameters.safeParse(parameters).success).toBe(false);
  });
});
