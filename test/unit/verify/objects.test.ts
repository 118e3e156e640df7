/** The checks that look at single objects: fields, and a pod's replacement. */
import { describe, expect, it } from 'vitest';
import type { Check, FieldsEqual } from '../../../src/plan/plan.ts';
import { judge } from '../../../src/verify/judge.ts';
import { deployment, ownedBy, pod } from '../catalog/cluster-objects.ts';
import { crashingPod, leaving, notReady, viewOf, WEB, waitingPod } from './views.ts';

describe('fields-equal', () => {
  function judgeFields(fields: FieldsEqual['fields'], now = [deployment()]) {
    return judge({ kind: 'fields-equal', object: WEB, fields }, viewOf({ now }));
  }

  it.each([
    [[{ pointer: '/spec/replicas', after: 2 }], 'met'],
    [[{ pointer: '/spec/replicas', after: 3 }], 'pending'],
    [[{ pointer: '/spec/paused' }], 'met'],
    [[{ pointer: '/spec/replicas' }], 'pending'],
    [[{ pointer: '/spec/selector', after: { matchLabels: { app: 'web' } } }], 'met'],
    [
      [
        { pointer: '/spec/replicas', after: 2 },
        { pointer: '/spec/paused', after: true },
      ],
      'pending',
    ],
  ])('%j: %s', (fields, kind) => {
    expect(judgeFields(fields).kind).toBe(kind);
  });

  it('names the fields that are not as wanted, and only those', () => {
    const state = judgeFields([
      { pointer: '/spec/replicas', after: 2 },
      { pointer: '/spec/paused', after: true },
    ]);
    expect(state.detail).toContain('/spec/paused');
    expect(state.detail).not.toContain('/spec/replicas');
  });

  it('fails where the object is gone', () => {
    expect(judgeFields([{ pointer: '/spec/replicas', after: 2 }], [])).toMatchObject({
      kind: 'failed',
      reasonCode: 'target-not-found',
    });
  });
});

describe('pod-replaced', () => {
  const check: Check = {
    kind: 'pod-replaced',
    namespace: 'shop',
    podName: 'web-old',
    uid: 'uid-web-old',
    controllerUid: 'uid-replicaset',
    podSelector: 'app=web',
    siblings: ['uid-web-sibling'],
  };
  const old = pod('web-old');
  const sibling = pod('web-sibling');
  const fresh = pod('web-new');

  function judgePods(now: ReturnType<typeof pod>[], pullFailures = 0) {
    return judge(check, viewOf({ now, before: [old, sibling], pullFailures }));
  }

  it('is met when the old one is gone and a new one of its controller is Ready', () => {
    expect(judgePods([sibling, fresh])).toMatchObject({
      kind: 'met',
      detail: expect.stringContaining('pod/web-new'),
    });
  });

  it('takes a new pod of the same name for what it is', () => {
    const reborn = pod('web-old', { metadata: { uid: 'uid-reborn' } });
    expect(judgePods([reborn])).toMatchObject({ kind: 'met' });
  });

  it.each([
    ['the old one has not ended', [old, fresh], 'pod/web-old has not ended'],
    ['the old one is on its way out', [leaving(old), fresh], 'pod/web-old has not ended'],
    ['there is no new one', [sibling], 'no new pod'],
    ['the new one is not Ready', [sibling, notReady({})], 'pod/web-new'],
    ['there are only siblings', [sibling], 'no new pod'],
    [
      'the new one is of another controller',
      [pod('api-1', { metadata: { ownerReferences: ownedBy('ReplicaSet', 'api', 'uid-other') } })],
      'no new pod',
    ],
    ['the new one belongs to nobody', [pod('x', { metadata: { ownerReferences: undefined } })], 'no new pod'],
    ['the new one is on its way out already', [leaving(fresh)], 'pod/web-new'],
  ])('is pending while %s', (_name, now, text) => {
    expect(judgePods(now)).toMatchObject({ kind: 'pending', detail: expect.stringContaining(text) });
  });

  it('fails with a new one that can not start, even before the old one has ended', () => {
    expect(judgePods([old, crashingPod(2)])).toMatchObject({
      kind: 'failed',
      reasonCode: 'container-failing',
    });
    expect(judgePods([waitingPod('ErrImagePull')], 2)).toMatchObject({ reasonCode: 'image-pull-failed' });
  });
});
