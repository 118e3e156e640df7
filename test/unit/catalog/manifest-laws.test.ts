/** What holds for the actions that take a manifest, whatever it is about. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DryRun } from '../../../src/catalog/action.ts';
import { applyManifest } from '../../../src/catalog/apply-manifest.ts';
import { deleteManifest } from '../../../src/catalog/delete-manifest.ts';
import { isRecord } from '../../../src/plan/json.ts';
import type { ManifestObject } from '../../../src/plan/manifest.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { PlannedRequest } from '../../../src/plan/plan.ts';
import { applyJsonPatch } from '../plan/json-patch.ts';
import { json } from '../plan/plans.ts';
import { configMap, daemonSet, deployment, isAt, ownedBy, service } from './cluster-objects.ts';
import { applied, askServer, plan, refusal, type Server, undoOf, written } from './manifest-server.ts';

/** As the server does it, with what the executor adds: a creation's uid for its undo. */
function carryOut(
  objects: readonly KubernetesObject[],
  request: PlannedRequest,
): readonly KubernetesObject[] {
  const { verb, path, body, patchType } = request;
  const there = objects.find((object) => isAt(object, path));
  if (verb === 'delete') return objects.filter((object) => object !== there);
  if (verb === 'create' || !there) return [...objects, asStored(body)];
  const after = (
    patchType === 'json' ? applyJsonPatch(there, body) : applied(there, body)
  ) as KubernetesObject;
  return objects.map((object) => (object === there ? after : object));
}

function asStored(body: unknown): KubernetesObject {
  const { metadata } = body as KubernetesObject;
  const { resourceVersion: _none, ...own } = metadata;
  return { ...(body as KubernetesObject), metadata: { ...own, uid: 'uid-new' } };
}

const names = fc.constantFrom('a', 'b', 'c', 'd');
/** ConfigMaps of the API hold texts alone; the plan does not care what there is below a key. */
const content = fc.record({ data: fc.dictionary(names, json, { maxKeys: 3, noNullPrototype: true }) });
const live = fc.uniqueArray(fc.tuple(names, content), { maxLength: 4, selector: ([name]) => name });

describe('applying', () => {
  it('and its undo give back what there was, and applying again has nothing to do', () => {
    fc.assert(
      fc.property(live, live, (before, wanted) => {
        fc.pre(wanted.length > 0);
        const objects = before.map(([name, rest]) => ({ ...configMap(name), ...rest }));
        const manifest = wanted.map(([name, rest]) => written('ConfigMap', name, rest));
        const draft = plan(askServer(applyManifest, manifest, { objects }));
        const after = draft.requests.reduce(carryOut, objects);
        const again = plan(askServer(applyManifest, manifest, { objects: after }));
        expect(again.requests).toEqual([]);
        expect(undoOf(draft).reduce(carryOut, after)).toEqual(objects);
        expect(undoOf(draft).map(({ undoes }) => undoes)).toEqual([...draft.requests.keys()].toReversed());
        expect(draft.locks).toHaveLength(wanted.length);
      }),
    );
  });

  it('holds each change to the uid that was seen, and each creation to there being none', () => {
    const manifest = [
      written('ConfigMap', 'settings', { data: { color: 'red' } }),
      written('Service', 'web'),
    ];
    const { requests } = plan(askServer(applyManifest, manifest, { objects: [configMap('settings')] }));
    expect(requests).toMatchObject([
      {
        summary: 'change configmap/settings in shop',
        verb: 'patch',
        patchType: 'apply',
        body: { metadata: { name: 'settings', namespace: 'shop', uid: 'uid-configmap-settings' } },
        effect: { kind: 'fields', fields: [{ pointer: '/data/color', before: 'blue', after: 'red' }] },
        rehearsal: 'yes',
      },
      { body: { metadata: { resourceVersion: '1' } }, effect: { kind: 'created' }, rehearsal: 'yes' },
    ]);
  });

  it('needs for what is not there the rights to make and unmake it, for the rest those to change it', () => {
    const manifest = [written('ConfigMap', 'settings'), written('Service', 'web')];
    const { needs } = askServer(applyManifest, manifest, { objects: [configMap('settings')] });
    expect(needs).toEqual([
      'get list watch create patch delete: services',
      'get list watch patch: configmaps',
    ]);
  });

  it('waits for the rollout where the pods change, and rehearses them', () => {
    const spec = {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { spec: { containers: [] } },
    };
    const manifest = [written('Deployment', 'web', { spec }, 'apps/v1')];
    const created = plan(askServer(applyManifest, manifest, { objects: [] }));
    expect(created.checks.at(-1)).toMatchObject({ kind: 'rollout-complete', podSelector: 'app=web' });
    expect(created.podTemplates).toHaveLength(1);
    const changed = plan(askServer(applyManifest, manifest, { objects: [deployment()] }));
    expect(changed.podsAffected).toBe(2);
    expect(changed.podTemplates).toMatchObject([{ replaces: true }]);
    const paused = [written('Deployment', 'web', { spec: { ...spec, paused: true } }, 'apps/v1')];
    const still = plan(askServer(applyManifest, paused, { objects: [deployment()] }));
    expect(still.checks.map(({ kind }) => kind)).toEqual(['fields-equal']);
    expect(still.notes.join()).toContain('is not waited for');
  });

  it('counts the pods of a DaemonSet that it replaces, and leaves the count of its templates to the server', () => {
    const counted = (count: string, image: string): KubernetesObject => {
      const annotations = { 'deprecated.daemonset.template.generation': count };
      const template = { spec: { containers: [{ name: 'app', image }] } };
      return daemonSet({
        metadata: { annotations },
        spec: { template },
        status: { desiredNumberScheduled: 100 },
      });
    };
    const refuse = () => ({ status: 200, body: counted('2', 'web:2') });
    const manifest = [written('DaemonSet', 'agent', {}, 'apps/v1')];
    const draft = plan(askServer(applyManifest, manifest, { objects: [counted('1', 'web:1')], refuse }));
    expect(draft.podsAffected).toBe(100);
    const [undo] = undoOf(draft);
    expect(applyJsonPatch(counted('2', 'web:2'), undo?.body)).toEqual(counted('2', 'web:1'));
    expect(JSON.stringify(draft.undo)).not.toContain('deprecated.daemonset');
  });

  const manifest = [written('ConfigMap', 'settings', { data: { color: 'red' } })];
  const conflictWith = (manager: string): Server => ({
    objects: [configMap('settings')],
    refuse: ({ force }: DryRun) => {
      if (force) return undefined;
      const message = `conflict with "${manager}" using v1`;
      const cause = { reason: 'FieldManagerConflict', message, field: '.data.color' };
      return { status: 409, body: { message: 'Apply failed', details: { causes: [cause] } } };
    },
  });

  it("is refused over another manager's fields, and takes them with force, which it says", () => {
    const refused = refusal(askServer(applyManifest, manifest, conflictWith('helm')));
    expect(refused.reasonCode).toBe('field-conflict');
    expect(refused.message).toContain('"helm" owns .data.color');
    const forced = plan(askServer(applyManifest, manifest, conflictWith('helm'), { force: true }));
    expect(forced.requests).toMatchObject([{ force: true }]);
    expect(forced.notes.join()).toContain('"helm" owns .data.color');
  });

  it('takes over what this product itself has written', () => {
    const { requests, notes } = plan(askServer(applyManifest, manifest, conflictWith('kubernetes-executor')));
    expect(requests).toMatchObject([{ force: true }]);
    expect(notes.join()).toContain('sets anew what another action or an undo of this product has written');
  });

  it('is refused with all that the server has against it', () => {
    const refuse = () => ({ status: 422, body: { message: 'not so' } });
    const twice = [written('ConfigMap', 'a'), written('ConfigMap', 'b')];
    const { message, reasonCode } = refusal(askServer(applyManifest, twice, { objects: [], refuse }));
    expect(reasonCode).toBe('rehearsal-refused');
    expect(message.match(/HTTP 422, not so/g)).toHaveLength(2);
  });

  it('is refused in words that hold no object, which may have secret values', () => {
    const said =
      'Job.batch "a" is invalid: spec.template: Invalid value: {"env":[{"name":"A","value":"hunter2"}]}: field is immutable';
    const refuse = () => ({ status: 422, body: { message: said } });
    const manifest = [written('Job', 'a', {}, 'batch/v1')];
    const { message } = refusal(askServer(applyManifest, manifest, { objects: [], refuse }));
    expect(message).toContain('spec.template: Invalid value: (object): field is immutable');
  });

  it('is refused for an object that is there twice, once with its namespace', () => {
    const twin = written('ConfigMap', 'a', { metadata: { name: 'a', namespace: 'shop' } });
    const refused = refusal(askServer(applyManifest, [written('ConfigMap', 'a'), twin], { objects: [] }));
    expect(refused.message).toContain('it is there already, as document 1');
  });

  it.each([
    [written('ConfigMap', 'a', { metadata: { name: 'a', namespace: 'other' } }), 'is of namespace other'],
    [written('Namespace', 'a'), 'use apply-cluster-manifest'],
    [written('Confgmap', 'a'), 'did you mean ConfigMap?'],
    [written('Widget', 'a', {}, 'example.com/v1'), 'the server has no example.com/v1'],
    [written('Binding', 'a'), "can't be applied"],
    [written('Secret', 'a'), 'update-secret'],
  ])('is refused where the object has no place', (object: ManifestObject, message: string) => {
    const refused = refusal(askServer(applyManifest, [object], { objects: [] }));
    expect(refused.reasonCode).toBe('target-unsuitable');
    expect(refused.message).toContain(message);
  });
});

describe('deleting', () => {
  it('and its undo give back what there was, but for uids', () => {
    fc.assert(
      fc.property(live, live, (before, named) => {
        fc.pre(named.length > 0);
        const objects = before.map(([name, rest]) => ({ ...configMap(name), ...rest }));
        const manifest = named.map(([name]) => written('ConfigMap', name));
        const draft = plan(askServer(deleteManifest, manifest, { objects }));
        const after = draft.requests.reduce(carryOut, objects);
        const wanted = new Set<string>(named.map(([name]) => name));
        expect(after).toEqual(objects.filter(({ metadata }) => !wanted.has(metadata.name)));
        const back = undoOf(draft).reduce(carryOut, after);
        const bare = (all: readonly KubernetesObject[]) =>
          new Set(all.map(({ metadata, ...rest }) => JSON.stringify([metadata.name, rest['data']])));
        expect(bare(back)).toEqual(bare(objects));
      }),
    );
  });

  it('goes the other way round, and leaves out what is not there', () => {
    const manifest = [
      written('Deployment', 'web', {}, 'apps/v1'),
      written('Service', 'web'),
      written('ConfigMap', 'a'),
    ];
    const draft = plan(askServer(deleteManifest, manifest, { objects: [deployment(), service('web')] }));
    expect(
      draft.requests.map(({ summary, body }) => [summary, isRecord(body) && body['preconditions']]),
    ).toEqual([
      ['delete deployment/web in shop', { uid: 'uid-deployment' }],
      ['delete service/web in shop', { uid: 'uid-service-web' }],
    ]);
    expect(draft.notes).toContain('Not there: configmap/a.');
    expect(plan(askServer(deleteManifest, manifest, { objects: [] })).requests).toEqual([]);
  });

  it('does not make a Job anew, which would run once more', () => {
    const job = { ...configMap('once'), apiVersion: 'batch/v1', kind: 'Job' };
    const draft = plan(
      askServer(deleteManifest, [written('Job', 'once', {}, 'batch/v1')], { objects: [job] }),
    );
    expect(undoOf(draft)).toEqual([]);
    expect(draft.undo.kind === 'requests' && draft.undo.leaves).toContain('job/once stays gone');
  });

  it('is refused for what is lost with it, and for what others make', () => {
    const owned = configMap('settings', { metadata: { ownerReferences: ownedBy('Deployment', 'web', 'x') } });
    const manifest = [written('Namespace', 'shop'), written('ConfigMap', 'settings')];
    const { message } = refusal(askServer(deleteManifest, manifest, { objects: [owned] }, { namespace: '' }));
    expect(message).toContain('names no namespace');
    const kept = refusal(askServer(deleteManifest, [written('ConfigMap', 'settings')], { objects: [owned] }));
    expect(kept.message).toContain('it belongs to deployment/web');
  });
});
