/** What of a deletion its undo may not make anew; what holds of all manifests is in manifest-laws.test.ts. */
import { describe, expect, it } from 'vitest';
import type { DryRun, DryRunAnswer } from '../../../src/catalog/action.ts';
import { deleteManifest } from '../../../src/catalog/delete-manifest.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { configMap, deployment, pod } from './cluster-objects.ts';
import { askServer, written } from './manifest-server.ts';

const MANIFEST = [written('Deployment', 'web', {}, 'apps/v1')];
const MAY_NOT = 'delete-manifest may not run pods here as serviceaccount web: let it use serviceaccounts';

function runningAs(podSpec: object, metadata: object = {}): KubernetesObject {
  return deployment({ metadata, spec: { template: { spec: { containers: [], ...podSpec } } } });
}

/** The draft or refusal, and what of the undo was rehearsed for it. */
function ask(live: KubernetesObject, said: DryRunAnswer, manifest = MANIFEST) {
  const rehearsed: DryRun[] = [];
  const refuse = (request: DryRun) => {
    rehearsed.push(request);
    return said;
  };
  const { answer } = askServer(deleteManifest, manifest, { objects: [live], refuse });
  return { answer, rehearsed };
}

const forbidden = (message: string): DryRunAnswer => ({ status: 403, body: { message } });
const taken: DryRunAnswer = { status: 409, body: { message: 'deployments.apps "web" already exists' } };

describe('deleting what runs as a ServiceAccount of its own', () => {
  it.each(['serviceAccountName', 'serviceAccount'])(
    'is refused where its undo would be (%s), with what to grant',
    (field) => {
      const { answer } = ask(runningAs({ [field]: 'web' }), forbidden(MAY_NOT));
      expect(answer).toMatchObject({ kind: 'refusal', reasonCode: 'rehearsal-refused' });
      expect(answer.kind === 'refusal' && answer.message).toContain(
        `document 1, deployment/web: HTTP 403, ${MAY_NOT}`,
      );
    },
  );

  it('rehearses the very request that the undo would send', () => {
    const { answer, rehearsed } = ask(runningAs({ serviceAccountName: 'web' }), taken);
    const undo = answer.kind === 'plan' && answer.undo.kind === 'requests' ? answer.undo.requests : [];
    expect(undo).toMatchObject([rehearsed[0]]);
    expect(rehearsed[0]).toMatchObject({ verb: 'create', body: { metadata: { name: 'web' } } });
  });

  it.each([
    ['the name is taken, which it is until the deletion', taken],
    ['the quota counts what is to go', forbidden('deployments.apps "web" is forbidden: exceeded quota: few')],
  ])('is planned where %s', (_why, said) => {
    expect(ask(runningAs({ serviceAccountName: 'web' }), said).answer.kind).toBe('plan');
  });

  it('is refused in words that hold no object', () => {
    const said = forbidden('spec: Invalid value: {"env":[{"name":"A","value":"hunter2"}]}: not here');
    const { answer } = ask(runningAs({ serviceAccountName: 'web' }), said);
    expect(answer.kind === 'refusal' && answer.message).toContain('spec: Invalid value: (object): not here');
  });

  it('says so where the server gives no reason', () => {
    const { answer } = ask(runningAs({ serviceAccountName: 'web' }), { status: 403, body: '' });
    expect(answer.kind === 'refusal' && answer.message).toContain('no reason given');
  });

  it.each([
    ['the default one', runningAs({ serviceAccountName: 'default' }), MANIFEST],
    [
      'what is being deleted already',
      runningAs({ serviceAccountName: 'web' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      MANIFEST,
    ],
    [
      'a Job, which stays gone',
      {
        ...configMap('once'),
        apiVersion: 'batch/v1',
        kind: 'Job',
        spec: { template: { spec: { serviceAccountName: 'web' } } },
      },
      [written('Job', 'once', {}, 'batch/v1')],
    ],
  ])('asks nothing about %s', (_what, live, manifest) => {
    const { answer, rehearsed } = ask(live, forbidden(MAY_NOT), manifest);
    expect(answer.kind).toBe('plan');
    expect(rehearsed).toEqual([]);
  });
});

describe('deleting a Pod', () => {
  const bare = pod('web-1', { metadata: { ownerReferences: undefined } });
  const LIST_BUDGETS = 'list: poddisruptionbudgets';

  it('asks for the right to its disruption budgets', () => {
    const { needs } = askServer(deleteManifest, [written('Pod', 'web-1')], { objects: [bare] });
    expect(needs).toContain(LIST_BUDGETS);
  });

  it.each([
    ['that is not there', [written('Pod', 'web-1')], []],
    ['is not asked for', MANIFEST, [deployment()]],
  ])('asks for none where one %s', (_what, manifest, objects) => {
    const { needs } = askServer(deleteManifest, manifest, { objects });
    expect(needs).not.toContain(LIST_BUDGETS);
  });
});

describe('the pods that stop serving', () => {
  it.each([
    ['a workload', deployment({ spec: { replicas: 7 } }), MANIFEST, 7],
    ['what has none', configMap('settings'), [written('ConfigMap', 'settings')], 0],
  ])('are those of %s', (_what, live, manifest, pods) => {
    expect(ask(live, taken, manifest).answer).toMatchObject({ podsAffected: pods });
  });
});

it('leaves alone what is gone or going, and tells which is which', () => {
  const going = deployment({ metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } });
  const { answer } = ask(going, taken, [...MANIFEST, written('ConfigMap', 'a')]);
  expect(answer).toMatchObject({
    summary: 'leave shop as it is: deployment/web is being deleted already and configmap/a is not there',
    requests: [],
  });
});
