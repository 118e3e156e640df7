/** Rollouts that do not get on, and which of them waiting may still help. */
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Check } from '../../../src/plan/plan.ts';
import { judge } from '../../../src/verify/judge.ts';
import { deployment, statefulSet } from '../catalog/cluster-objects.ts';
import { crashingPod, leaving, QUOTA, type Scene, unscheduledPod, viewOf, WEB, waitingPod } from './views.ts';

function rollout(workload: KubernetesObject, pods: readonly KubernetesObject[], scene: Partial<Scene> = {}) {
  const resource = `${workload.kind?.toLowerCase()}s`;
  const object = { ...WEB, resource, name: workload.metadata.name };
  const check: Check = { kind: 'rollout-complete', object, podSelector: 'app=web' };
  return judge(check, viewOf({ ...scene, now: [workload, ...pods] }));
}

describe('a rollout under a full quota', () => {
  function full(spec: object) {
    const status = { updatedReplicas: 1, conditions: [QUOTA] };
    return rollout(deployment({ spec, status }), []);
  }
  const rolling = (maxSurge: unknown, maxUnavailable: unknown) => ({
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
  });

  it.each([
    ['two pods, as the server rolls by default', {}],
    ['as many pods as a quarter of is less than one', { replicas: 3, ...rolling('25%', '25%') }],
    ['none may be missing', { replicas: 8, ...rolling(1, 0) }],
    ['none may be missing, in percent', { replicas: 8, ...rolling('10%', '0%') }],
  ])('fails where no old pod may end first: %s', (_name, spec) => {
    expect(full(spec)).toMatchObject({ kind: 'failed', reasonCode: 'quota-exceeded' });
  });

  it.each([
    ['a quarter of four pods may be missing', { replicas: 4 }],
    ['one may be missing', { replicas: 2, ...rolling(0, 1) }],
    ['nothing may be too many, so one may be missing', { replicas: 2, ...rolling('0%', '10%') }],
    ['all end first', { strategy: { type: 'Recreate' } }],
  ])('is pending where %s, and is called by its name in the end', (_name, spec) => {
    expect(full(spec)).toMatchObject({
      kind: 'pending',
      reasonCode: 'quota-exceeded',
      detail: expect.stringContaining('two-pods'),
    });
  });

  it.each([
    'rpc error: code = Unavailable desc = error reading from server: read tcp 127.0.0.1:2379: connection reset by peer',
    'etcdserver: leader changed',
    'Internal error occurred: failed calling webhook "w": connection refused',
  ])('is pending where the controller will try again: %s', (message) => {
    const status = { updatedReplicas: 1, conditions: [{ ...QUOTA, message }] };
    const judged = rollout(deployment({ status }), []);
    expect(judged).toMatchObject({ kind: 'pending', reasonCode: 'rollout-stuck' });
    expect(JSON.stringify(judged)).toContain(message.slice(0, 20));
  });

  it('fails where the pods are refused for another reason', () => {
    const refused = { ...QUOTA, message: 'pods "web-2" is forbidden: violates PodSecurity "restricted"' };
    const workload = deployment({
      spec: { replicas: 4 },
      status: { updatedReplicas: 1, conditions: [refused] },
    });
    expect(rollout(workload, [])).toMatchObject({ kind: 'failed', reasonCode: 'rollout-stuck' });
  });
});

describe('a rollout that no node takes', () => {
  it('is pending, and is called by its name in the end', () => {
    const behind = deployment({ status: { updatedReplicas: 1 } });
    expect(rollout(behind, [unscheduledPod()])).toMatchObject({
      kind: 'pending',
      reasonCode: 'unschedulable',
    });
    expect(rollout(behind, [waitingPod('ContainerCreating')])).not.toHaveProperty('reasonCode');
  });
});

describe('an ordered StatefulSet', () => {
  const stuck = statefulSet({ status: { readyReplicas: 2, updateRevision: 'db-2' } });

  function ofRevision(pod: KubernetesObject, revision: string): KubernetesObject {
    const labels = { app: 'web', 'controller-revision-hash': revision };
    return { ...pod, metadata: { ...pod.metadata, labels } };
  }

  it.each(['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'CreateContainerConfigError'])(
    'is stuck behind a pod of a template that is no longer wanted, in %s',
    (reason) => {
      const pod = ofRevision(waitingPod(reason), 'db-1');
      const state = rollout(stuck, [pod], { before: [stuck, pod] });
      expect(state).toMatchObject({ kind: 'failed', reasonCode: 'rollout-stuck' });
      expect(state.detail).toContain(`about ${reason}`);
      expect(state.detail).toContain('kubectl delete pod web-new -n shop');
    },
  );

  it.each([
    ['of the template that is wanted', ofRevision(waitingPod('ImagePullBackOff'), 'db-2')],
    ['that has run before', ofRevision(crashingPod(5), 'db-1')],
    ['that only begins', ofRevision(waitingPod('ContainerCreating'), 'db-1')],
    ['that is on its way out', leaving(ofRevision(waitingPod('ImagePullBackOff'), 'db-1'))],
  ])('is not stuck behind a pod %s', (_name, pod) => {
    expect(rollout(stuck, [pod], { before: [stuck, pod] })).toMatchObject({ kind: 'pending' });
  });

  it('that is not ordered is stuck behind none', () => {
    const pod = ofRevision(waitingPod('ImagePullBackOff'), 'db-1');
    const parallel = { ...stuck, spec: { ...(stuck['spec'] as object), podManagementPolicy: 'Parallel' } };
    expect(rollout(parallel, [pod], { before: [stuck, pod] })).toMatchObject({ kind: 'pending' });
  });

  it('with a partition wants the pods below it as they were', () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } };
    const status = { readyReplicas: 2, updateRevision: 'db-2', currentRevision: 'db-1' };
    const parted = statefulSet({ spec: { updateStrategy }, status });
    const below = ofRevision(waitingPod('ImagePullBackOff'), 'db-1');
    expect(rollout(parted, [below], { before: [below] })).toMatchObject({ kind: 'pending' });
    const foreign = ofRevision(waitingPod('ImagePullBackOff'), 'db-0');
    expect(rollout(parted, [foreign], { before: [foreign] })).toMatchObject({ kind: 'failed' });
  });
});
