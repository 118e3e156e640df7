import { describe, expect, it } from 'vitest';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { DAEMON_SET, DEPLOYMENT, STATEFUL_SET } from '../../../src/catalog/workloads.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { AT, planFor, refusalFor } from './asking.ts';
import { daemonSet, deployment, statefulSet } from './cluster-objects.ts';

const ANNOTATION = '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt';

function restart(workload: KubernetesObject) {
  const kind = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET].find((one) => one.kind === workload.kind);
  return planFor(rolloutRestart, { name: workload.metadata.name, ...(kind ? { kind } : {}) }, [workload]);
}

function refuse(workload: KubernetesObject) {
  const kind = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET].find((one) => one.kind === workload.kind);
  return refusalFor(rolloutRestart, { name: workload.metadata.name, ...(kind ? { kind } : {}) }, [workload]);
}

function partitioned(partition: number): KubernetesObject {
  return statefulSet({
    spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } },
  });
}

function template(annotations: object | undefined) {
  return { metadata: { labels: { app: 'web' }, ...(annotations ? { annotations } : {}) }, spec: {} };
}

describe('rollout-restart', () => {
  it.each([
    [deployment(), 'deployments', 'app=web', 2],
    [statefulSet(), 'statefulsets', 'app=db', 3],
    [daemonSet(), 'daemonsets', 'app=agent', 3],
  ])('sets the annotation of kubectl and waits for the rollout', (workload, resource, podSelector, pods) => {
    const { kind = '', metadata } = workload;
    const plan = restart(workload);
    const object = { group: 'apps', version: 'v1', resource, namespace: 'shop', name: metadata.name };
    expect(plan.summary).toContain(`${kind.toLowerCase()}/${metadata.name} in shop`);
    expect(plan.requests).toMatchObject([{ verb: 'patch', patchType: 'json', path: object }]);
    const written = [{ pointer: ANNOTATION, after: AT }];
    expect(plan.checks).toEqual([{ kind: 'rollout-complete', object, podSelector, written }]);
    expect(plan.locks).toMatchObject([{ kind, name: metadata.name, namespace: 'shop' }]);
    expect(plan.podsAffected).toBe(pods);
    expect(plan.podTemplates).toMatchObject([{ namespace: 'shop', replaces: true }]);
  });

  it('holds to the uid, to no pause and to the annotation before', () => {
    const before = '2026-01-01T00:00:00Z';
    const workload = deployment({
      spec: { template: template({ 'kubectl.kubernetes.io/restartedAt': before }) },
    });
    expect(restart(workload).requests[0]?.body).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'uid-deployment' },
      { op: 'test', path: '/spec/paused', value: null },
      { op: 'test', path: ANNOTATION, value: before },
      { op: 'add', path: ANNOTATION, value: AT },
    ]);
  });

  it.each([statefulSet(), daemonSet()])('of a $kind holds to its update strategy', (workload) => {
    expect(restart(workload).requests[0]?.body).toContainEqual({
      op: 'test',
      path: '/spec/updateStrategy',
      value: readPointer(workload, '/spec/updateStrategy') ?? null,
    });
  });

  it('rehearses a pod of a StatefulSet with the volumes of its claims', () => {
    const volumeMounts = [{ name: 'data', mountPath: '/data' }];
    const volumes = [
      { name: 'data', emptyDir: {} },
      { name: 'config', configMap: { name: 'settings' } },
    ];
    const workload = statefulSet({
      spec: {
        template: {
          metadata: {},
          spec: { containers: [{ name: 'app', image: 'db:1', volumeMounts }], volumes },
        },
        volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
      },
    });
    expect(restart(workload).podTemplates[0]?.spec['volumes']).toEqual([
      volumes[1],
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } },
    ]);
  });

  it.each([
    [3, 'no pod would get the new template'],
    [5, 'no pod would get the new template'],
  ])('is refused for a StatefulSet of 3 with the partition %s', (partition, text) => {
    expect(refuse(partitioned(partition))).toMatchObject({
      reasonCode: 'target-unsuitable',
      message: expect.stringContaining(text),
    });
  });

  it('says which pods a partition keeps as they are', () => {
    expect(restart(partitioned(2)).notes).toContain(
      'Its partition is 2: pods of a smaller number keep the template that they have, and are not replaced.',
    );
    expect(restart(statefulSet()).notes.join(' ')).not.toContain('partition');
  });

  it('adds the annotation where the template has others', () => {
    expect(restart(deployment()).requests[0]?.body).toContainEqual({
      op: 'test',
      path: ANNOTATION,
      value: null,
    });
  });

  it('adds the whole map where the template has no annotations, and takes it all away again', () => {
    const plan = restart(deployment({ spec: { template: template(undefined) } }));
    const map = '/spec/template/metadata/annotations';
    const value = { 'kubectl.kubernetes.io/restartedAt': AT };
    expect(plan.requests[0]?.body).toEqual(
      expect.arrayContaining([
        { op: 'test', path: map, value: null },
        { op: 'add', path: map, value },
      ]),
    );
    expect(plan.undo).toMatchObject({
      requests: [
        {
          body: expect.arrayContaining([
            { op: 'test', path: map, value },
            { op: 'remove', path: map },
          ]),
        },
      ],
    });
  });

  it('refuses a paused Deployment and says how to resume it', () => {
    const refusal = refuse(deployment({ spec: { paused: true } }));
    expect(refusal.reasonCode).toBe('rollout-paused');
    expect(refusal.message).toContain('kubectl rollout resume deployment/web -n shop');
  });

  it.each([
    statefulSet({ spec: { updateStrategy: { type: 'OnDelete' } } }),
    daemonSet({ spec: { updateStrategy: { type: 'OnDelete' } } }),
  ])('refuses a $kind whose pods only a person replaces', (workload) => {
    const refusal = refuse(workload);
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toContain('OnDelete');
    expect(refusal.message).toContain('restart-pod');
  });

  it('refuses what is not there', () => {
    expect(refusalFor(rolloutRestart, { name: 'nothing', kind: STATEFUL_SET }, [deployment()])).toMatchObject(
      { reasonCode: 'target-not-found', message: expect.stringContaining('statefulset/nothing') },
    );
  });

  it.each([
    ['a whole Deployment', deployment(), true],
    ['a Deployment short of pods', deployment({ status: { availableReplicas: 1 } }), false],
    [
      'a Deployment that is stuck in a rollout, all old pods there',
      deployment({ status: { replicas: 3, updatedReplicas: 1, availableReplicas: 2 } }),
      false,
    ],
    ['a StatefulSet amid a rollout', statefulSet({ status: { updatedReplicas: 1 } }), false],
    ['a whole DaemonSet', daemonSet(), true],
    ['a DaemonSet short of pods', daemonSet({ status: { numberAvailable: 2 } }), false],
    [
      'a DaemonSet that no node takes',
      daemonSet({
        status: {
          desiredNumberScheduled: 0,
          updatedNumberScheduled: undefined,
          numberAvailable: undefined,
        },
      }),
      true,
    ],
    ['a StatefulSet short of pods', statefulSet({ status: { availableReplicas: 2 } }), false],
  ])('says of the undo of %s whether its rollout was complete before', (_name, workload, heldBefore) => {
    expect(restart(workload).undo).toMatchObject({
      checks: [{ kind: 'fields-equal' }, { kind: 'rollout-complete', heldBefore }],
    });
  });

  it('counts no pods of a DaemonSet that tells none', () => {
    const workload = daemonSet({ status: { desiredNumberScheduled: undefined } });
    expect(restart(workload).podsAffected).toBe(0);
  });

  it('says that undo brings no pods back', () => {
    expect(restart(deployment()).notes.join(' ')).toContain('stay replaced');
  });
});
