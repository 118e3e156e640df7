/** The checks that look at a workload and its pods. */
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Check } from '../../../src/plan/plan.ts';
import { describeCheck, judge } from '../../../src/verify/judge.ts';
import { watchedBy } from '../../../src/verify/watched-by.ts';
import { AT } from '../catalog/asking.ts';
import { daemonSet, deployment, ownedBy, pod, statefulSet } from '../catalog/cluster-objects.ts';
import {
  crashingPod,
  deadlineExceeded,
  notReady,
  QUOTA,
  type Scene,
  unscheduledPod,
  viewOf,
  WEB,
  waitingPod,
} from './views.ts';

const RESOURCES = { Deployment: 'deployments', StatefulSet: 'statefulsets', DaemonSet: 'daemonsets' };

/** The API leaves zeros out. */
const NOTHING = {
  replicas: undefined,
  updatedReplicas: undefined,
  readyReplicas: undefined,
  availableReplicas: undefined,
};
const NO_NODES = {
  desiredNumberScheduled: 0,
  updatedNumberScheduled: undefined,
  numberAvailable: undefined,
};

function rollout(workload: KubernetesObject, scene: Omit<Scene, 'now'> = {}, pods: KubernetesObject[] = []) {
  const [, resource = ''] = Object.entries(RESOURCES).find(([kind]) => kind === workload.kind) ?? [];
  const object = { ...WEB, resource, name: workload.metadata.name };
  const check: Check = { kind: 'rollout-complete', object, podSelector: 'app=web' };
  return judge(check, viewOf({ ...scene, now: [workload, ...pods] }));
}

function replicas(workload: KubernetesObject, wanted: number, pods: KubernetesObject[] = []) {
  const check: Check = { kind: 'replicas-available', object: WEB, podSelector: 'app=web', replicas: wanted };
  return judge(check, viewOf({ now: [workload, ...pods] }));
}

describe('rollout-complete', () => {
  it.each([
    ['a Deployment', deployment()],
    ['a Deployment of no pods', deployment({ spec: { replicas: 0 }, status: NOTHING })],
    ['a StatefulSet', statefulSet()],
    [
      'a StatefulSet above its partition',
      statefulSet({
        spec: { updateStrategy: { rollingUpdate: { partition: 2 } } },
        status: { updatedReplicas: 1, updateRevision: 'db-2' },
      }),
    ],
    ['a DaemonSet', daemonSet()],
    ['a DaemonSet that no node takes', daemonSet({ status: NO_NODES })],
  ])('is met for %s that is as wanted', (_name, workload) => {
    expect(rollout(workload)).toMatchObject({ kind: 'met' });
  });

  it.each([
    ['not seen by the controller', deployment({ status: { observedGeneration: 3 } }), 'not seen'],
    ['not updated', deployment({ status: { updatedReplicas: 1 } }), '1 of 2'],
    ['with old pods left', deployment({ status: { replicas: 3 } }), '1 old pods'],
    ['not available', deployment({ status: { availableReplicas: 1 } }), '1 of 2 pods are available'],
    ['one wanted by default', deployment({ spec: { replicas: undefined }, status: NOTHING }), '0 of 1'],
    ['not seen by the controller', statefulSet({ status: { observedGeneration: 3 } }), 'not seen'],
    ['not ready', statefulSet({ status: { readyReplicas: 2 } }), '2 of 3 pods are ready'],
    [
      'of two revisions',
      statefulSet({ status: { updateRevision: 'db-2', updatedReplicas: 1 } }),
      '1 of 3 pods are updated',
    ],
    [
      'with pods to update above the partition',
      statefulSet({
        spec: { updateStrategy: { rollingUpdate: { partition: 1 } } },
        status: { updatedReplicas: 1 },
      }),
      '1 of 2',
    ],
    ['not updated', daemonSet({ status: { updatedNumberScheduled: 2 } }), '2 of 3'],
    ['not available', daemonSet({ status: { numberAvailable: 1 } }), '1 of 3 pods are available'],
  ])('is pending while the workload is %s', (_name, workload, text) => {
    expect(rollout(workload)).toMatchObject({ kind: 'pending', detail: expect.stringContaining(text) });
  });

  it('tells that pods below the partition are of whatever template they were', () => {
    const updateStrategy = { rollingUpdate: { partition: 2 } };
    const set = statefulSet({ spec: { updateStrategy }, status: { updatedReplicas: 1 } });
    expect(rollout(set)).toMatchObject({ detail: expect.stringContaining('every pod from number 2 on') });
  });

  describe('of a template that was written', () => {
    const IMAGE = '/spec/template/spec/containers/0/image';
    const TIME = '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt';
    const restarted = (at: string) =>
      deployment({
        spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': at } } } },
      });
    const written = (workload: KubernetesObject, pointer: string, after: string) => {
      const check: Check = {
        kind: 'rollout-complete',
        object: WEB,
        podSelector: 'app=web',
        written: [{ pointer, after }],
      };
      return judge(check, viewOf({ now: [workload] }));
    };

    it.each([
      ['is there', deployment(), IMAGE, 'web:1'],
      ['was restarted again since', restarted('2026-03-01T13:00:00Z'), TIME, AT],
    ])('is met where it %s', (_name, workload, pointer, after) => {
      expect(written(workload, pointer, after)).toMatchObject({ kind: 'met' });
    });

    it.each([
      ['was put back', deployment(), IMAGE, 'web:2'],
      ['has an earlier restart', restarted('2026-03-01T11:00:00Z'), TIME, AT],
      ['has no restart any more', deployment(), TIME, AT],
    ])('is a conflict where it %s, however complete that is', (_name, workload, pointer, after) => {
      expect(written(workload, pointer, after)).toMatchObject({
        kind: 'failed',
        reasonCode: 'conflict',
        detail: `${pointer} is no longer as it was written: somebody else has changed it`,
      });
    });
  });

  it('tells what the first new pod waits for', () => {
    const behind = deployment({ status: { updatedReplicas: 1 } });
    const old = pod('web-old', { status: { conditions: [] } });
    const states = rollout(behind, { before: [old] }, [old, unscheduledPod()]);
    expect(states).toMatchObject({ kind: 'pending', detail: expect.stringContaining('0/3 nodes') });
  });

  it('fails with the pod that can not start', () => {
    const behind = deployment({ status: { updatedReplicas: 1 } });
    expect(rollout(behind, { pullFailures: 2 }, [waitingPod('ImagePullBackOff')])).toMatchObject({
      kind: 'failed',
      reasonCode: 'image-pull-failed',
    });
    expect(rollout(behind, {}, [crashingPod(3)])).toMatchObject({ reasonCode: 'container-failing' });
  });

  it('is pending where a template was put back amid a rollout, and the revisions agree already', () => {
    const putBack = statefulSet({
      status: { currentRevision: 'db-1', updateRevision: 'db-1', updatedReplicas: 1 },
    });
    expect(rollout(putBack)).toMatchObject({ kind: 'pending', detail: '1 of 3 pods are updated' });
  });

  it.each([
    ['has ended, evicted by its kubelet', pod('web-new', { status: { phase: 'Failed' } })],
    [
      "is a Job's",
      pod('web-new', {
        metadata: { ownerReferences: ownedBy('Job', 'migrate', 'uid') },
        status: crashingPod(9)['status'] as object,
      }),
    ],
  ])('is met beside a new pod that %s', (_name, beside) => {
    const crashed = { containerStatuses: [{ name: 'app', state: { terminated: { exitCode: 137 } } }] };
    const status = { ...crashed, ...(beside['status'] as object) };
    expect(rollout(deployment(), {}, [{ ...beside, status }])).toMatchObject({ kind: 'met' });
  });

  it('is met whatever an old pod looks like, once the status says so', () => {
    expect(rollout(deployment(), { before: [crashingPod(9)] }, [crashingPod(9)])).toMatchObject({
      kind: 'met',
    });
  });

  it('fails where the controller has given up since, but not for what it said before', () => {
    const stuck = deployment({ status: { updatedReplicas: 1, conditions: [deadlineExceeded('12:00')] } });
    expect(rollout(stuck)).toMatchObject({ kind: 'failed', reasonCode: 'rollout-stuck' });
    expect(rollout(stuck, { before: [stuck] })).toMatchObject({ kind: 'pending' });
    const earlier = deployment({ status: { conditions: [deadlineExceeded('11:00')] } });
    expect(rollout(stuck, { before: [earlier] })).toMatchObject({ reasonCode: 'rollout-stuck' });
  });

  it.each([
    ['quota-exceeded', QUOTA],
    ['quota-exceeded', { ...QUOTA, message: 'maximum cpu usage per Container is 1' }],
    ['rollout-stuck', { ...QUOTA, message: 'admission webhook "w" denied the request' }],
  ])('fails with %s and the words of the API server', (reasonCode, condition) => {
    const failing = deployment({ status: { updatedReplicas: 1, conditions: [condition] } });
    const detail = `FailedCreate: ${condition.message}`;
    expect(rollout(failing)).toEqual({ kind: 'failed', reasonCode, detail });
  });

  it('waits where the controller still shows what failed before the change', () => {
    const failing = deployment({ status: { updatedReplicas: 1, conditions: [QUOTA] } });
    expect(rollout(failing, { before: [failing] })).toMatchObject({
      kind: 'pending',
      reasonCode: 'quota-exceeded',
    });
    const fresh = deployment({
      status: { updatedReplicas: 1, conditions: [{ ...QUOTA, message: 'pods "web-3" is forbidden' }] },
    });
    expect(rollout(fresh, { before: [failing] })).toMatchObject({ kind: 'failed' });
  });

  it('does not mind a failure that is over', () => {
    const healed = deployment({
      status: { updatedReplicas: 1, conditions: [{ ...QUOTA, status: 'False' }] },
    });
    expect(rollout(healed)).toMatchObject({ kind: 'pending' });
  });

  it('fails where the workload is gone', () => {
    const check: Check = { kind: 'rollout-complete', object: WEB, podSelector: 'app=web' };
    expect(judge(check, viewOf({ now: [] }))).toMatchObject({
      kind: 'failed',
      reasonCode: 'target-not-found',
    });
  });
});

describe('replicas-available', () => {
  it('is met with exactly so many pods, all available', () => {
    expect(replicas(deployment(), 2)).toMatchObject({ kind: 'met' });
    expect(replicas(deployment({ spec: { replicas: 0 }, status: NOTHING }), 0)).toMatchObject({
      kind: 'met',
    });
  });

  it('is met with the surplus of a rollout that was under way before', () => {
    const check: Check = { kind: 'replicas-available', object: WEB, podSelector: 'app=web', replicas: 2 };
    const stuck = deployment({ spec: { replicas: 1 }, status: { replicas: 2 } });
    const now = deployment({ status: { replicas: 3 } });
    expect(judge(check, viewOf({ now: [now], before: [stuck] })).kind).toBe('met');
    expect(judge(check, viewOf({ now: [now], before: [deployment()] })).kind).toBe('pending');
  });

  it.each([
    ['the controller has not seen it', { observedGeneration: 3 }, 'not seen'],
    ['one is not available', { availableReplicas: 1 }, '1 of 2'],
    ['one is too many', { replicas: 3 }, '3 exist'],
  ])('is pending while %s', (_name, status, text) => {
    expect(replicas(deployment({ status }), 2)).toMatchObject({
      kind: 'pending',
      detail: expect.stringContaining(text),
    });
  });

  it('tells what a new pod waits for', () => {
    const short = deployment({ status: { availableReplicas: 1 } });
    expect(replicas(short, 2, [notReady({}), unscheduledPod()])).toMatchObject({
      detail: expect.stringContaining('pod/web-new'),
    });
  });

  it('fails where somebody else has scaled since', () => {
    expect(replicas(deployment({ spec: { replicas: 7 } }), 2)).toMatchObject({
      kind: 'failed',
      reasonCode: 'conflict',
      detail: expect.stringContaining('7'),
    });
  });

  it('fails with a pod that can not start, a quota, or a workload that is gone', () => {
    const short = deployment({ status: { availableReplicas: 1 } });
    expect(replicas(short, 2, [waitingPod('InvalidImageName')])).toMatchObject({
      reasonCode: 'image-pull-failed',
    });
    const full = deployment({ status: { availableReplicas: 1, conditions: [QUOTA] } });
    expect(replicas(full, 2)).toMatchObject({ kind: 'failed', reasonCode: 'quota-exceeded' });
    expect(replicas(statefulSet(), 3)).toMatchObject({ kind: 'failed', reasonCode: 'target-not-found' });
  });
});

describe('every check', () => {
  const pods = { group: '', version: 'v1', resource: 'pods', namespace: 'shop' };
  const checks: readonly [Check, readonly object[]][] = [
    [{ kind: 'fields-equal', object: WEB, fields: [{ pointer: '/spec/a', after: 1 }] }, [{ path: WEB }]],
    [
      { kind: 'replicas-available', object: WEB, podSelector: 'app=web', replicas: 2 },
      [{ path: WEB }, { path: pods, labelSelector: 'app=web' }],
    ],
    [
      { kind: 'rollout-complete', object: WEB, podSelector: 'app=web' },
      [{ path: WEB }, { path: pods, labelSelector: 'app=web' }],
    ],
    [
      {
        kind: 'pod-replaced',
        namespace: 'shop',
        podName: 'web-1',
        uid: 'u',
        controllerUid: 'c',
        podSelector: 'app=web',
        siblings: [],
      },
      [{ path: pods, labelSelector: 'app=web' }],
    ],
  ];

  it.each(checks)('%j names what has to be watched', (check, watched) => {
    expect(watchedBy(check)).toEqual(watched);
  });

  it.each(checks)('%j says in words what it is about', (check) => {
    expect(describeCheck(check)).toContain(check.kind === 'pod-replaced' ? 'pod/web-1' : 'deployments/web');
  });
});
