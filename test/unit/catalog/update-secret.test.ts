import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { updateConfigMap } from '../../../src/catalog/update-configmap.ts';
import { updateSecret } from '../../../src/catalog/update-secret.ts';
import { fillValues } from '../../../src/plan/fill-values.ts';
import { hashPlan } from '../../../src/plan/hash.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { nameValues } from '../../../src/plan/secret-values.ts';
import type { Asking } from './asking.ts';
import { planFor, refusalFor } from './asking.ts';
import { configMap, deployment, pod, secret } from './cluster-objects.ts';
import { consumers } from './data-scenarios.ts';

function asking(values: Readonly<Record<string, string>>, parameters: object = {}): Asking {
  const encoded = Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  return { name: 'web', parameters, values: nameValues('after', Object.fromEntries(encoded)) };
}

const planOf = (values: Readonly<Record<string, string>>, data: Readonly<Record<string, string>>) =>
  planFor(updateSecret, asking(values), [secret('web', data)]);

describe('the plan of update-secret', () => {
  it('holds no value, whatever it is, and is the same for another', () => {
    const value = fc.string({ minLength: 6, unit: 'grapheme' });
    fc.assert(
      fc.property(value, value, value, (old, one, other) => {
        fc.pre(new Set([old, one, other]).size === 3);
        const [plan, second] = [one, other].map((text) => planOf({ password: text }, { password: old }));
        expect(plan).toEqual(second);
        const text = JSON.stringify(plan);
        for (const secretText of [old, one]) {
          expect(text).not.toContain(JSON.stringify(secretText).slice(1, -1));
          expect(text).not.toContain(Buffer.from(secretText).toString('base64'));
        }
      }),
      // Text that stands in every plan by itself.
      { examples: [['password-1', 'password-2', 'password-3']], numRuns: 50 },
    );
  });

  it('has another hash for another version of the Secret', () => {
    const hash = (resourceVersion: string) => {
      const object = secret('web');
      const moved = { ...object, metadata: { ...object.metadata, resourceVersion } };
      return hashPlan(planFor(updateSecret, asking({ password: 'new' }), [moved]) as unknown as Plan);
    };
    expect(hash('7')).toBe(hash('7'));
    expect(hash('7')).not.toBe(hash('8'));
  });

  it('can be sent only with the values that it refers to', () => {
    const plan = planOf({ password: 'new' }, { password: 'old' });
    const after = nameValues('after', { password: 'bmV3' });
    const version = plan.secret ?? {
      object: { group: '', version: 'v1', resource: 'secrets' },
      uid: '',
      resourceVersion: '',
    };
    expect(() => fillValues(plan, version, after)).toThrow('before/password, which did not come with it');
    const filled = fillValues(plan, version, { ...after, ...nameValues('before', { password: 'b2xk' }) });
    expect(filled.requests[0]?.body).toContainEqual({ op: 'add', path: '/data/password', value: 'bmV3' });
    expect(filled.requests[0]?.body).toContainEqual({ op: 'test', path: '/data/password', value: 'b2xk' });
    expect(filled.requests[0]?.body).toContainEqual({
      op: 'test',
      path: '/metadata/resourceVersion',
      value: '7',
    });
  });

  it('is refused where a value would end in another object, or in words', () => {
    const plan = planOf({ password: 'new' }, { password: 'old' });
    const values = {
      ...nameValues('after', { password: 'bmV3' }),
      ...nameValues('before', { password: 'b2xk' }),
    };
    const [request] = plan.requests;
    if (!request || !plan.secret) throw new Error('no request');
    const { secret: version } = plan;
    const other = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop', name: 'web' };
    const reference = { $value: 'before/password' };
    const twisted = [
      { ...plan, requests: [{ ...request, path: other }] },
      { ...plan, requests: [request, { ...request, effect: { ...request.effect, object: other } }] },
      { ...plan, requests: [{ ...request, summary: reference as unknown as string }] },
      { ...plan, notes: [reference as unknown as string] },
      {
        ...plan,
        checks: [
          { kind: 'fields-equal' as const, object: other, fields: [{ pointer: '/x', after: reference }] },
        ],
      },
    ];
    for (const one of twisted) {
      expect(() => fillValues(one, version, values)).toThrow('outside of the Secret that it is about');
    }
    expect(() => fillValues(plan, version, values)).not.toThrow();
  });

  it('tells of a key that is as asked, and writes the others alone', () => {
    const plan = planOf({ password: 'old', token: 'x' }, { password: 'old' });
    expect(plan.summary).toBe('change secret/web in shop: set token, password is as asked already');
    expect(plan.requests[0]?.effect).toMatchObject({ fields: [{ pointer: '/data/token' }] });
  });

  it.each(['kubernetes.io/service-account-token', 'bootstrap.kubernetes.io/token', 'helm.sh/release.v1'])(
    'is refused for a Secret of type %s',
    (type) => {
      const refusal = refusalFor(updateSecret, asking({ a: 'b' }), [secret('web', {}, { type })]);
      expect(refusal.message).toContain(`its type is ${type}`);
    },
  );

  it('is refused where the API server would take no more', () => {
    const object = secret('web', { big: 'x'.repeat(1024 * 1024 - 10) });
    const refusal = refusalFor(updateSecret, asking({ more: 'y'.repeat(20) }), [object]);
    expect(refusal.message).toContain('would have 1048586 bytes of data, and the API server takes 1048576');
    expect(planFor(updateSecret, asking({ more: 'y'.repeat(10) }), [object]).requests).toHaveLength(1);
  });
});

describe('who uses a Secret or ConfigMap', () => {
  const notesFor = (podSpec: object) => {
    const template = { metadata: { labels: { app: 'web' } }, spec: podSpec };
    const objects = [secret('web'), deployment({ spec: { template } })];
    return planFor(updateSecret, asking({ password: 'new' }), objects).notes.join('\n');
  };
  const container = (fields: object) => ({ containers: [{ name: 'app', ...fields }] });
  const volume = (name: string, fields: object) => ({ ...container({}), volumes: [{ name, ...fields }] });
  const key = (name: string, field: string) => ({
    env: [{ name: 'A', valueFrom: { secretKeyRef: { name, key: field } } }],
  });

  it.each([
    [
      'a variable',
      container(key('web', 'password')),
      'the environment of container app, and sees the change once',
    ],
    [
      'all variables',
      container({ envFrom: [{ secretRef: { name: 'web' } }] }),
      'environment of container app',
    ],
    [
      'an init container',
      { initContainers: [{ name: 'init', ...key('web', 'password') }] },
      'container init',
    ],
    [
      'a volume',
      volume('db', { secret: { secretName: 'web' } }),
      'volume db, and sees the change about a minute',
    ],
    [
      'a projected volume',
      volume('all', { projected: { sources: [{ secret: { name: 'web' } }] } }),
      'volume all',
    ],
    [
      'a file by subPath',
      {
        ...volume('db', { secret: { secretName: 'web' } }),
        ...container({ volumeMounts: [{ name: 'db', subPath: 'password' }] }),
      },
      'volume db, and sees the change once',
    ],
    ['pulling', { imagePullSecrets: [{ name: 'web' }] }, 'pulling images'],
  ])('is found by %s', (_what, podSpec, said) => {
    expect(notesFor(podSpec)).toContain(said);
  });

  it.each([
    ['another Secret', container(key('other', 'password'))],
    ['another key', container(key('web', 'user'))],
    ['a ConfigMap of its name', container({ envFrom: [{ configMapRef: { name: 'web' } }] })],
    ['other keys in a volume', volume('db', { secret: { secretName: 'web', items: [{ key: 'user' }] } })],
  ])('is not found by %s', (_what, podSpec) => {
    expect(notesFor(podSpec)).toContain('No workload and no pod here uses what changes');
  });

  it('are told once, pods of theirs are not, and restarted in the order Secret, then they', () => {
    const parameters = { data: { color: 'red' }, 'restart-consumers': true };
    const plan = planFor(updateConfigMap, { name: 'web', parameters }, [configMap('web'), ...consumers]);
    expect(plan.requests.map(({ path }) => path.resource)).toEqual([
      'configmaps',
      'deployments',
      'statefulsets',
    ]);
    expect(plan.undo.kind === 'requests' && plan.undo.requests.map(({ undoes }) => undoes)).toEqual([
      0, 1, 2,
    ]);
    expect(plan.summary).toContain('then restart deployment/web');
  });

  it('a pod that no workload has is named and not restarted', () => {
    const envFrom = [{ configMapRef: { name: 'web' } }];
    const stray = pod('stray', { metadata: { labels: { app: 'x' } }, spec: { containers: [{ envFrom }] } });
    const parameters = { data: { color: 'red' }, 'restart-consumers': true };
    const plan = planFor(updateConfigMap, { name: 'web', parameters }, [configMap('web'), stray]);
    expect(plan.requests).toHaveLength(1);
    expect(plan.notes.join()).toContain('pod/stray uses it too and is not restarted');
  });

  it('pods of CronJobs come and go, and the plan is the same', () => {
    const envFrom = [{ configMapRef: { name: 'web' } }, { secretRef: { name: 'web' } }];
    const nightly = (name: string) =>
      pod(name, { metadata: { labels: { 'job-name': name } }, spec: { containers: [{ envFrom }] } });
    const hashes = ['nightly-1', 'nightly-2'].flatMap((name) =>
      [
        planFor(updateConfigMap, { name: 'web', parameters: { data: { color: 'red' } } }, [
          configMap('web'),
          nightly(name),
        ]),
        planFor(updateSecret, asking({ password: 'new' }), [secret('web'), nightly(name)]),
      ].map((plan) => hashPlan(plan as unknown as Plan)),
    );
    expect(new Set(hashes).size).toBe(2);
  });

  it('that is paused stops the restart, with the way out', () => {
    const paused = { ...consumers[0], spec: { ...(consumers[0]?.['spec'] as object), paused: true } };
    const parameters = { data: { color: 'red' }, 'restart-consumers': true };
    const refusal = refusalFor(updateConfigMap, { name: 'web', parameters }, [
      configMap('web'),
      { ...deployment(), ...paused },
    ]);
    expect(refusal).toMatchObject({ reasonCode: 'rollout-paused' });
    expect(refusal.message).toContain('Leave restart-consumers out');
  });
});

describe('update-configmap', () => {
  it('counts binaryData as the server does: decoded, and without its keys', () => {
    const bytes = 1024 * 1024 - 20;
    const full = configMap('web', {
      data: { color: 'blue' },
      binaryData: { logo: Buffer.alloc(bytes).toString('base64') },
    });
    const set = (size: string) => ({ name: 'web', parameters: { data: { color: null, size } } });
    expect(planFor(updateConfigMap, set('x'.repeat(20)), [full]).requests).toHaveLength(1);
    expect(refusalFor(updateConfigMap, set('é'.repeat(11)), [full]).message).toContain(`${bytes + 22} bytes`);
  });

  it('leaves binaryData and immutable ones alone', () => {
    const binary = configMap('web', { binaryData: { logo: 'AAAA' } });
    const parameters = { data: { logo: 'x' } };
    expect(refusalFor(updateConfigMap, { name: 'web', parameters }, [binary]).message).toContain(
      'logo is a key of its binaryData',
    );
    const immutable = configMap('web', { immutable: true });
    const other = { data: { color: 'red' } };
    expect(refusalFor(updateConfigMap, { name: 'web', parameters: other }, [immutable]).message).toContain(
      'it is immutable',
    );
  });
});
