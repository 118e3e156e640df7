import { describe, expect, it } from 'vitest';
import { explainConflict, hasHappened } from '../../../src/execute/read-back.ts';
import type { Effect, PlannedRequest } from '../../../src/plan/plan.ts';
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
    ['the spec moved on', restart, deployment({ metadata: { generation: 9 } }), 'generation 4, now 9'],
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
