import { describe, expect, it } from 'vitest';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { DEPLOYMENT } from '../../../src/catalog/workloads.ts';
import { ask, planFor, refusalFor } from './asking.ts';
import { daemonSet, deployment, ownedBy, pod, replicaSet, statefulSet } from './cluster-objects.ts';

const NAME = 'web-5d4f8c7b9d-x2x7k';
const web = [deployment(), replicaSet(), pod(NAME), pod('web-5d4f8c7b9d-aaaaa')];

describe('restart-pod', () => {
  it('deletes the very pod and waits for a Ready one of the same controller', () => {
    const path = { group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: NAME };
    const plan = planFor(restartPod, { name: NAME }, web);
    expect(plan.requests).toMatchObject([
      {
        verb: 'delete',
        path,
        body: { preconditions: { uid: `uid-${NAME}` } },
        effect: { kind: 'gone', object: path, uid: `uid-${NAME}` },
      },
    ]);
    expect(plan.checks).toEqual([
      {
        kind: 'pod-replaced',
        namespace: 'shop',
        podName: NAME,
        uid: `uid-${NAME}`,
        controllerUid: 'uid-replicaset',
        podSelector: 'app=web,pod-template-hash=5d4f8c7b9d',
        siblings: ['uid-web-5d4f8c7b9d-aaaaa'],
      },
    ]);
    expect(plan.podsAffected).toBe(1);
    expect(plan.podTemplates).toMatchObject([{ replaces: true, of: { kind: 'Pod', name: NAME } }]);
  });

  it('says up front that there is no undo', () => {
    expect(planFor(restartPod, { name: NAME }, web).undo.kind).toBe('irreversible');
    expect(restartPod.reversible).toBe(false);
  });

  it('gives the pod as long to stop as was asked', () => {
    const parameters = { 'grace-period-seconds': 0 };
    expect(planFor(restartPod, { name: NAME, parameters }, web).requests[0]?.body).toMatchObject({
      gracePeriodSeconds: 0,
    });
    expect(planFor(restartPod, { name: NAME }, web).requests[0]?.body).not.toHaveProperty(
      'gracePeriodSeconds',
    );
  });

  it.each([
    ['Deployment', 'web', web, NAME],
    [
      'ReplicaSet',
      'web-5d4f8c7b9d',
      [replicaSet({ metadata: { ownerReferences: undefined } }), pod(NAME)],
      NAME,
    ],
    [
      'StatefulSet',
      'db',
      [
        statefulSet(),
        pod('db-0', { metadata: { ownerReferences: ownedBy('StatefulSet', 'db', 'uid-statefulset') } }),
      ],
      'db-0',
    ],
    [
      'DaemonSet',
      'agent',
      [
        daemonSet(),
        pod('agent-x', { metadata: { ownerReferences: ownedBy('DaemonSet', 'agent', 'uid-daemonset') } }),
      ],
      'agent-x',
    ],
  ] as const)('locks the root owner: %s %s', (kind, name, objects, target) => {
    expect(planFor(restartPod, { name: target }, objects).locks).toEqual([
      { apiVersion: 'apps/v1', kind, namespace: 'shop', name },
    ]);
  });

  it.each([
    ['without a controller', { ownerReferences: undefined }, 'has no controller'],
    [
      'of a controller that makes no new one',
      { ownerReferences: ownedBy('Job', 'once', 'uid-job', 'batch/v1') },
      'job/once',
    ],
    [
      'of a kind that only has the name of a known one',
      { ownerReferences: ownedBy('StatefulSet', 'db', 'uid', 'example.org/v1') },
      'statefulset/db',
    ],
  ])('refuses a pod %s', (_name, metadata, text) => {
    const refusal = refusalFor(restartPod, { name: NAME }, [
      replicaSet(),
      statefulSet(),
      pod(NAME, { metadata }),
    ]);
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toContain(text);
  });

  it('refuses a pod whose controller is gone: nothing would recreate it', () => {
    expect(refusalFor(restartPod, { name: NAME }, [pod(NAME)]).reasonCode).toBe('target-unsuitable');
  });

  it('refuses a pod on its way out', () => {
    const leaving = pod(NAME, { metadata: { deletionTimestamp: '2026-03-01T11:59:00Z' } });
    const refusal = refusalFor(restartPod, { name: NAME }, [replicaSet(), leaving]);
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toContain('2026-03-01T11:59:00Z');
  });

  it('refuses a pod of an old revision, whose ReplicaSet wants none', () => {
    const refusal = refusalFor(restartPod, { name: NAME }, [
      deployment(),
      replicaSet({ spec: { replicas: 0 } }),
      pod(NAME),
    ]);
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toContain('wants 0 pods');
  });

  const evicted = { status: { phase: 'Failed', reason: 'Evicted' } };

  it.each([
    ['was evicted', 'Failed: Evicted', evicted],
    ['has ended', 'Succeeded', { status: { phase: 'Succeeded' } }],
  ])('refuses a pod that %s, which its ReplicaSet has replaced already', (_name, said, over) => {
    const refusal = refusalFor(restartPod, { name: NAME }, [deployment(), replicaSet(), pod(NAME, over)]);
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toContain(`has finished (${said})`);
    expect(refusal.message).toContain('delete it by hand');
    expect(refusal.message).toContain('name deployment/web');
  });

  it.each([
    ['StatefulSet', statefulSet()],
    ['DaemonSet', daemonSet()],
  ])('restarts a finished pod of a %s, which puts a new one in its place', (kind, owner) => {
    const { name, uid } = owner.metadata;
    const finished = pod(NAME, { ...evicted, metadata: { ownerReferences: ownedBy(kind, name, uid) } });
    expect(planFor(restartPod, { name: NAME }, [owner, finished]).requests).toHaveLength(1);
  });

  describe('for a pod that is gone', () => {
    it('restarts the Deployment of the same name and says so', () => {
      const plan = planFor(restartPod, { name: 'web' }, [deployment()]);
      expect(plan.target).toMatchObject({ kind: 'Deployment', name: 'web' });
      expect(plan.checks).toMatchObject([{ kind: 'rollout-complete' }]);
      expect(plan.notes[0]).toContain('pod/web does not exist');
      expect(plan.notes[0]).toContain('deployment/web');
    });

    it('restarts the Deployment of the ReplicaSet that the pod was named after', () => {
      const plan = planFor(restartPod, { name: NAME }, [deployment(), replicaSet()]);
      expect(plan.target).toMatchObject({ kind: 'Deployment', name: 'web' });
      expect(plan.notes[0]).toContain(`pod/${NAME} does not exist`);
    });

    it('prefers the Deployment that has the very name', () => {
      const other = deployment({ metadata: { name: NAME, uid: 'uid-named' } });
      expect(planFor(restartPod, { name: NAME }, [other, deployment(), replicaSet()]).target.name).toBe(NAME);
    });

    it.each([
      ['no Deployment either', []],
      ['a ReplicaSet without a Deployment', [replicaSet({ metadata: { ownerReferences: undefined } })]],
      ['a ReplicaSet whose Deployment is gone', [replicaSet()]],
    ])('refuses where there is %s', (_name, objects) => {
      const refusal = refusalFor(restartPod, { name: NAME }, objects);
      expect(refusal.reasonCode).toBe('target-not-found');
      expect(refusal.message).toContain(`pod/${NAME}`);
      expect(refusal.message).toContain('No Deployment');
    });

    it('refuses where its Deployment is paused', () => {
      const paused = deployment({ spec: { paused: true } });
      expect(refusalFor(restartPod, { name: NAME }, [paused, replicaSet()]).reasonCode).toBe(
        'rollout-paused',
      );
    });

    it('finds no ReplicaSet behind a name of one part', () => {
      expect(refusalFor(restartPod, { name: '-x' }, []).reasonCode).toBe('target-not-found');
    });
  });

  describe('for a Deployment', () => {
    it('is its rolling restart', () => {
      const plan = planFor(restartPod, { name: 'web', kind: DEPLOYMENT }, [deployment()]);
      expect(plan.requests).toMatchObject([
        { verb: 'patch', path: { resource: 'deployments', name: 'web' } },
      ]);
      expect(plan.undo.kind).toBe('requests');
      expect(plan.notes[0]).toContain('Deployment');
    });

    it('is refused where there is none, whatever pods there are', () => {
      const refusal = refusalFor(restartPod, { name: NAME, kind: DEPLOYMENT }, web);
      expect(refusal).toMatchObject({
        reasonCode: 'target-not-found',
        message: expect.stringContaining(`deployment/${NAME}`),
      });
    });
  });

  it('reads the siblings of a pod by the selector of its controller', () => {
    const { reads } = ask(restartPod, { name: NAME }, web);
    expect(reads).toContainEqual({
      kind: 'list',
      path: { group: '', version: 'v1', resource: 'pods', namespace: 'shop' },
      labelSelector: 'app=web,pod-template-hash=5d4f8c7b9d',
    });
  });

  it.each([[{ 'grace-period-seconds': -1 }], [{ 'grace-period-seconds': 301 }], [{ force: true }]])(
    'does not take %j',
    (parameters) => {
      expect(restartPod.parameters.safeParse(parameters).success).toBe(false);
    },
  );
});
