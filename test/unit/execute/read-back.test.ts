import { describe, expect, it } from 'vitest';
import { explainConflict, hasHappened } from '../../../src/execute/read-back.ts';
import type { Effect, PlannedRequest } from '../../../src/plan/plan.ts';
import { SERVER_CHOICE } from '../../../src/plan/server-choice.ts';
import { deployment, pod } from '../catalog/cluster-objects.ts';
import { WEB } from '../verify/views.ts';
import { podPlan, RESTARTED_POD, restartPlan, scalePlan } from './executions.ts';

const POD = { group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: 'web-1' };
const gone: Effect = { kind: 'gone', object: POD, uid: 'uid-web-1' };
const created: Effect = { kind: 'created', object: POD };
const scaled: Effect = {
  kind: 'fields',
  object: WEB,
  fields: [{ pointer: '/spec/replicas', before: 2, after: 5 }],
};
const removed: Effect = {
  kind: 'fields',
  object: WEB,
  fields: [{ pointer: '/spec/paused', before: true }],
};
const leaving = pod('web-1', { metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } });
const reborn = pod('web-1', { metadata: { uid: 'uid-other' } });
const ours = pod('web-1', { metadata: { managedFields: [{ manager: 'kubernetes-executor' }] } });

describe('hasHappened', () => {
  it.each([
    ['a deletion, of what is gone', gone, null, true],
    ['a deletion, of what is on its way out', gone, leaving, true],
    ['a deletion, of what another one replaced', gone, reborn, true],
    ['a deletion, of what is there', gone, pod('web-1'), false],
    ['a creation, of what is there', created, ours, true],
    ['a creation, of what somebody else has made', created, pod('web-1'), false],
    ['a creation, of what is not', created, null, false],
    ['a change, that shows', scaled, deployment({ spec: { replicas: 5 } }), true],
    ['a change, that does not', scaled, deployment(), false],
    ['a change, of what is gone', scaled, null, false],
    ['a removal, that shows', removed, deployment(), true],
    ['a removal, that does not', removed, deployment({ spec: { paused: true } }), false],
  ] as const)('%s', (_name, effect, live, expected) => {
    expect(hasHappened(effect, live)).toBe(expected);
  });

  it('takes no half of a change for the whole', () => {
    const both: Effect = {
      kind: 'fields',
      object: WEB,
      fields: [...scaled.fields, { pointer: '/spec/paused', after: true }],
    };
    expect(hasHappened(both, deployment({ spec: { replicas: 5 } }))).toBe(false);
    expect(hasHappened(both, deployment({ spec: { replicas: 5, paused: true } }))).toBe(true);
  });
});

describe('explainConflict', () => {
  const [scale] = scalePlan(5).requests as [PlannedRequest];
  const [restart] = restartPlan().requests as [PlannedRequest];
  const [remove] = podPlan().requests as [PlannedRequest];
  const create: PlannedRequest = { ...remove, verb: 'create', effect: created };

  it.each([
    ['the object is gone', scale, null, 'gone'],
    ['another one has its name', scale, deployment({ metadata: { uid: 'other' } }), 'another object'],
    [
      'another pod has its name',
      remove,
      pod(RESTARTED_POD, { metadata: { uid: 'other' } }),
      'another object',
    ],
    [
      'the field was changed',
      scale,
      deployment({ spec: { replicas: 3 } }),
      '/spec/replicas is 3 now; the plan was made for 2',
    ],
    [
      'the field was set, where there was none',
      restart,
      deployment({
        spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'x' } } } },
      }),
      'restartedAt is "x" now; the plan was made for absent',
    ],
    [
      'its rollout was paused',
      restart,
      deployment({ spec: { paused: true } }),
      '/spec/paused is true now; the plan was made for absent',
    ],
    ['there is one of that name', create, pod('web-1'), 'exists already'],
    ['nothing is known to be different', scale, deployment(), ''],
    ['what was to be created is not there', create, null, ''],
  ])('where %s', (_name, request, live, text) => {
    const explained = explainConflict(request, live);
    expect(explained).toContain(text);
    expect(explained === '').toBe(text === '');
  });

  it('names what differs within a map, and shows no more of it than that', () => {
    const template = {
      metadata: {},
      spec: { containers: [{ env: [{ name: 'PASSWORD', value: 'hunter2' }] }] },
    };
    const fields = [{ pointer: '/spec/template', before: template, after: {} }];
    const whole: PlannedRequest = { ...restart, effect: { kind: 'fields', object: WEB, fields } };
    const live = deployment({ spec: { template: { ...template, metadata: { labels: { app: 'x' } } } } });
    const explained = explainConflict(whole, live);
    expect(explained).toContain('/spec/template/metadata/labels');
    expect(explained).not.toContain('hunter2');
  });
});

it('does not name as changed what was left to the server', () => {
  const [restart] = restartPlan().requests as [PlannedRequest];
  const before = { type: 'RollingUpdate', rollingUpdate: SERVER_CHOICE };
  const fields = [{ pointer: '/spec/strategy', before }];
  const undo: PlannedRequest = { ...restart, effect: { kind: 'fields', object: WEB, fields } };
  const strategy = { type: 'Recreate', rollingUpdate: { maxSurge: 1 } };
  expect(explainConflict(undo, deployment({ spec: { strategy } }))).toBe(
    '/spec/strategy/type changed since the plan was made',
  );
});

describe('the explanation of a conflict', () => {
  const [restart] = restartPlan().requests as [PlannedRequest];
  const CONTAINER = '/spec/template/spec/containers/0';

  function explained(pointer: string, before: unknown, container: object): string {
    const fields = [{ pointer, before, after: 'wanted' }];
    const spec = { template: { spec: { containers: [container] } } };
    const effect = { kind: 'fields', object: WEB, fields } as const;
    return explainConflict({ ...restart, effect }, deployment({ spec }));
  }

  it.each([
    ['/env/0/value', 'first', { env: [{ name: 'A', value: 'third' }] }],
    ['/env', [{ name: 'A', value: 'first' }], { env: [{ name: 'A', value: 'third' }] }],
    ['/args/0', '--db-password=first', { args: ['--db-password=third'] }],
    ['/args/1', 'first', { args: ['--db-password', 'third'] }],
    ['/command', ['first'], { command: ['third'] }],
    ['/command', undefined, { command: ['third'] }],
    ['/resources', { limits: 'first' }, {}],
    ['/apiToken', 'first', { apiToken: 'third' }],
  ])('of a value at %s that may not be shown says only that it was changed', (at, before, container) => {
    expect(explained(`${CONTAINER}${at}`, before, container)).toBe(
      `${CONTAINER}${at} was changed since the plan was made`,
    );
  });

  it('shows what is no credential', () => {
    expect(explained(`${CONTAINER}/image`, 'web:1', { image: 'web:3' })).toBe(
      `${CONTAINER}/image is "web:3" now; the plan was made for "web:1"`,
    );
  });

  it('says of a credential in an address only what stands beside it', () => {
    const args = ['--url=postgres://u:third@db-3/x'];
    expect(explained(`${CONTAINER}/args/0`, '--url=postgres://u:first@db-1/x', { args })).toBe(
      `${CONTAINER}/args/0 is "--url=postgres://<<redacted>>@db-3/x" now; the plan was made for "--url=postgres://<<redacted>>@db-1/x"`,
    );
  });
});
