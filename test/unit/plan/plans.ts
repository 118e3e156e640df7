/** A plan to vary, and arbitrary JSON for properties. */
import fc from 'fast-check';
import type { ResourcePath } from '../../../src/plan/objects.ts';
import type { Plan } from '../../../src/plan/plan.ts';

export const WEB: ResourcePath = {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  namespace: 'shop',
  name: 'web',
};

export const PLAN: Plan = {
  version: 1,
  action: 'rollout-restart',
  scope: { kind: 'namespace', namespace: 'shop' },
  target: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'uid-web' },
  at: '2026-03-01T12:00:00Z',
  summary: 'restart deployment/web in shop pod by pod',
  requests: [
    {
      summary: 'set the restart annotation',
      verb: 'patch',
      patchType: 'json',
      path: WEB,
      body: [{ op: 'add', path: '/metadata/annotations/at', value: '2026-03-01T12:00:00Z' }],
      effect: {
        kind: 'fields',
        object: WEB,
        fields: [{ pointer: '/metadata/annotations/at', after: '2026-03-01T12:00:00Z' }],
      },
      rehearsal: 'yes',
      resendable: true,
    },
  ],
  checks: [{ kind: 'rollout-complete', object: WEB, podSelector: 'app=web' }],
  undo: { kind: 'irreversible', reason: 'a test' },
  locks: [{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }],
  notes: ['a note'],
  settings: {
    onFailure: 'rollback',
    onLocked: 'fail',
    lockTimeoutSeconds: 300,
    verifyTimeoutSeconds: 300,
    runTimeoutSeconds: 600,
    scheduleTimeoutSeconds: 120,
    soakSeconds: 0,
  },
};

/** Keys as Kubernetes has them, with the characters that a JSON pointer escapes. */
export const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('a', 'b', '/', '~', '~1', '0', '.') }),
  fc.constantFrom('spec', 'app.kubernetes.io/name', '__proto__', 'constructor', ''),
);

const leaf = fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 8 }));

/** Without `null`, which objects of the API do not hold. */
export const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

/** The same value with the keys of every map in the opposite order. */
export function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, reverseKeys(member)]),
  );
}
