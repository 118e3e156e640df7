import { describe, expect, it } from 'vitest';
import { rollbackDeployment } from '../../../src/catalog/rollback-deployment.ts';
import { DAEMON_SET, DEPLOYMENT, STATEFUL_SET } from '../../../src/catalog/workloads.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { ask, planFor, refusalFor } from './asking.ts';
import { daemonSet, deployment, ownedBy, statefulSet } from './cluster-objects.ts';
import { controllerRevision, revisionOf, templateOf } from './revisions.ts';

const web = deployment({ spec: { template: templateOf('web', 'web:3') } });
const history = [revisionOf('web:1', 1), revisionOf('web:2', 2), revisionOf('web:3', 3)];

function asking(workload: KubernetesObject, parameters: object) {
  const kind = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET].find((one) => one.kind === workload.kind);
  return { name: workload.metadata.name, parameters, ...(kind ? { kind } : {}) };
}

function plan(parameters: object = {}, workload = web, kept = history) {
  return planFor(rollbackDeployment, asking(workload, parameters), [workload, ...kept]);
}

function refuse(parameters: object = {}, workload = web, kept = history) {
  return refusalFor(rollbackDeployment, asking(workload, parameters), [workload, ...kept]);
}

/** What is written, as the one field that it is. */
function written(made: ReturnType<typeof plan>) {
  const [request] = made.requests;
  return request?.effect.kind === 'fields' ? request.effect.fields : [];
}

describe('rollback-deployment', () => {
  it('returns to the revision before, the whole template as one field', () => {
    const made = plan();
    expect(made.summary).toBe('return deployment/web in shop from revision 3 to revision 2');
    expect(written(made)).toEqual([
      { pointer: '/spec/template', before: templateOf('web', 'web:3'), after: templateOf('web', 'web:2') },
    ]);
    expect(made.checks).toMatchObject([{ kind: 'rollout-complete', podSelector: 'app=web' }]);
    expect(made.podTemplates).toMatchObject([{ spec: templateOf('web', 'web:2').spec }]);
    expect(made.podsAffected).toBe(2);
  });

  it.each([{ revision: 1 }, { 'to-revision': 1 }, { 'rollback-revision': 1 }])(
    'returns to the one asked for: %j',
    (parameters) => {
      expect(written(plan(parameters))).toMatchObject([{ after: templateOf('web', 'web:1') }]);
    },
  );

  it.each([
    [{}, { serviceAccountName: 'web' }, 'as serviceaccount default in place of web'],
    [{ serviceAccount: 'old' }, {}, 'as serviceaccount old in place of default'],
  ])('says that the pods will run as another ServiceAccount: from %j', (then, now, said) => {
    const workload = deployment({ spec: { template: templateOf('web', 'web:3', now) } });
    const [first, ...later] = history;
    const template = templateOf('web', 'web:1', then);
    const made = plan({ revision: 1 }, workload, [
      { ...first, spec: { template } } as KubernetesObject,
      ...later,
    ]);
    expect(made.notes.join()).toContain(said);
    expect(plan().notes.join()).not.toContain('serviceaccount');
  });

  it('puts back the template before, where ours still is there', () => {
    const { undo } = plan({ revision: 1 });
    expect(undo.kind === 'requests' && undo.requests[0]?.body).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'uid-deployment' },
      { op: 'test', path: '/spec/template', value: templateOf('web', 'web:1') },
      { op: 'add', path: '/spec/template', value: templateOf('web', 'web:3') },
    ]);
  });

  it.each([
    [statefulSet({ spec: { template: templateOf('db', 'db:2') } }), 'db'],
    [daemonSet({ spec: { template: templateOf('agent', 'agent:2') } }), 'agent'],
  ])('finds the revisions of a $kind in ControllerRevisions', (workload, app) => {
    const kept = [controllerRevision(workload, `${app}:1`, 4), controllerRevision(workload, `${app}:2`, 7)];
    const made = plan({}, workload, kept);
    expect(made.summary).toMatch(/from revision 7 to revision 4$/);
    expect(written(made)).toMatchObject([{ after: templateOf(app, `${app}:1`) }]);
  });

  it('reads the history by selector, and takes from it what this very workload owns', () => {
    const foreign = revisionOf('evil:1', 9, { ownerReferences: ownedBy('Deployment', 'web', 'uid-other') });
    const orphan = revisionOf('old:1', 8, { ownerReferences: undefined });
    const { answer, reads } = ask(rollbackDeployment, asking(web, {}), [web, ...history, foreign, orphan]);
    expect(answer).toEqual(plan());
    expect(reads.at(-1)).toMatchObject({ path: { resource: 'replicasets' }, labelSelector: 'app=web' });
  });

  it('skips revisions that can not be read', () => {
    const odd = revisionOf('web:4', 4, { annotations: {} });
    const empty = { ...revisionOf('web:5', 5), spec: {} };
    expect(plan({}, web, [...history, odd, empty])).toEqual(plan());
  });

  it('returns to the newest other one while the controller has not seen the template yet', () => {
    const changed = deployment({
      metadata: { generation: 5 },
      spec: { template: templateOf('web', 'web:4') },
    });
    expect(plan({}, changed).summary).toBe('return deployment/web in shop to revision 3');
    const back = deployment({ metadata: { generation: 5 }, spec: { template: templateOf('web', 'web:2') } });
    expect(plan({}, back).summary).toBe('return deployment/web in shop from revision 2 to revision 3');
  });

  it('knows the current revision where a newer server has filled in its template', () => {
    const template = templateOf('db', 'db:2', { restartPolicy: 'Always' });
    const workload = statefulSet({ spec: { template } });
    const kept = [controllerRevision(workload, 'db:1', 1), controllerRevision(workload, 'db:2', 2)];
    expect(plan({}, workload, kept).summary).toMatch(/from revision 2 to revision 1$/);
  });

  it('writes a template dated as this server dates it', () => {
    const dated = (image: string) => ({
      ...templateOf('web', image),
      metadata: { labels: { app: 'web' }, creationTimestamp: null },
    });
    const old = { ...revisionOf('web:2', 2), spec: { template: dated('web:2') } };
    expect(written(plan({}, web, [old, revisionOf('web:3', 3)]))).toMatchObject([
      { after: templateOf('web', 'web:2') },
    ]);
    expect(JSON.stringify(written(plan({}, web, [old, revisionOf('web:3', 3)])))).not.toContain(
      'creationTimestamp',
    );
    const older = deployment({ spec: { template: dated('web:3') } });
    expect(written(plan({}, older))).toMatchObject([{ after: dated('web:2') }]);
  });

  it('says what comes of it when the manifest is applied again', () => {
    expect(plan().notes.join(' ')).not.toContain('kubectl apply');
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
    const applied = deployment({ metadata: { annotations }, spec: { template: templateOf('web', 'web:3') } });
    expect(plan({}, applied).notes.join(' ')).toContain('kubectl apply');
  });

  it('refuses a revision that is not there and lists those that are', () => {
    const { reasonCode, message } = refuse({ revision: 7 });
    expect(reasonCode).toBe('target-unsuitable');
    expect(message).toMatch(/deployment\/web in shop has no revision 7\. .*3 \(current\), 2, 1;/);
  });

  it('refuses the revision that is current', () => {
    expect(refuse({ revision: 3 }).message).toContain('is at revision 3 already');
  });

  it.each([
    ['only the current one is kept', [revisionOf('web:3', 3)], '3 (current)'],
    ['none is kept', [], 'none'],
  ])('refuses where %s, and says how many are', (_name, kept, listed) => {
    const unkept = deployment({
      spec: { template: templateOf('web', 'web:3'), revisionHistoryLimit: 0 },
    });
    const { reasonCode, message } = refuse({}, unkept, kept);
    expect(reasonCode).toBe('target-unsuitable');
    expect(message).toContain('no earlier revision left');
    expect(message).toContain(`revisions ${listed}; its revisionHistoryLimit is 0`);
  });

  it('refuses a paused Deployment and says how to resume it', () => {
    const paused = deployment({ spec: { template: templateOf('web', 'web:3'), paused: true } });
    const { reasonCode, message } = refuse({}, paused);
    expect(reasonCode).toBe('rollout-paused');
    expect(message).toContain('kubectl rollout resume deployment/web -n shop');
  });

  it('refuses what is not there', () => {
    expect(refusalFor(rollbackDeployment, { name: 'api' }, history).reasonCode).toBe('target-not-found');
  });

  it.each([{ revision: 0 }, { revision: 1.5 }, { revision: '1' }, { revision: 1, 'to-revision': 1 }])(
    'does not accept %j',
    (parameters) => {
      expect(rollbackDeployment.parameters.safeParse(parameters).success).toBe(false);
    },
  );
});
