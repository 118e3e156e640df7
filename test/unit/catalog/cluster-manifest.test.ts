/** What holds for manifests with objects outside namespaces, and with what their own objects bring into being. */
import { describe, expect, it } from 'vitest';
import { applyClusterManifest } from '../../../src/catalog/apply-cluster-manifest.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { askServer, plan, refusal, written } from './manifest-server.ts';

describe('applying to the whole cluster', () => {
  const home = written('Namespace', 'new');
  const inside = written('ConfigMap', 'a', { metadata: { name: 'a', namespace: 'new' } });
  const spec = {
    group: 'example.com',
    scope: 'Cluster',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [{ name: 'v1' }],
  };
  const definition = written(
    'CustomResourceDefinition',
    'widgets.example.com',
    { spec },
    'apiextensions.k8s.io/v1',
  );
  const widget = written('Widget', 'one', {}, 'example.com/v1');
  const draft = plan(
    askServer(applyClusterManifest, [widget, inside, definition, home], { objects: [] }, { namespace: '' }),
  );

  it('makes what others need first, and says what could not be rehearsed', () => {
    expect(draft.requests.map(({ summary }) => summary)).toEqual([
      'create namespace/new',
      'create customresourcedefinition/widgets.example.com',
      'create configmap/a in new',
      'create widget/one',
    ]);
    expect(draft.requests.map(({ rehearsal }) => rehearsal)).toEqual([
      'yes',
      'yes',
      { dependsOn: 0 },
      { dependsOn: 1 },
    ]);
    expect(draft.requests.map(({ awaits }) => awaits?.[0]?.kind)).toEqual([
      undefined,
      undefined,
      undefined,
      'condition-true',
    ]);
    expect(draft.notes.join()).toContain('widget/one could not be rehearsed');
  });

  it('waits for a kind that is there already and not served yet', () => {
    const there = {
      ...definition.body,
      metadata: { name: definition.name, uid: 'uid-definition' },
    } as KubernetesObject;
    const { requests } = plan(
      askServer(applyClusterManifest, [definition, widget], { objects: [there] }, { namespace: '' }),
    );
    expect(requests).toMatchObject([
      {
        summary: 'create widget/one',
        rehearsal: 'cannot',
        awaits: [
          {
            kind: 'condition-true',
            object: { resource: 'customresourcedefinitions', name: 'widgets.example.com' },
            condition: 'Established',
          },
        ],
      },
    ]);
  });

  const BINDING = 'x\nrules: []\n---\nkind: ClusterRoleBinding\nroleRef: {name: cluster-admin}';

  it.each([
    ['spec.names.plural', { ...spec, names: { kind: 'Widget', plural: BINDING } }],
    ['spec.names.plural', { ...spec, names: { kind: 'Widget', plural: 'x'.repeat(64) } }],
    ['spec.names.plural', { ...spec, names: { kind: 'Widget', plural: 'widgets/status' } }],
    ['spec.names.kind', { ...spec, names: { kind: BINDING, plural: 'widgets' } }],
    ['spec.group', { ...spec, group: BINDING }],
    ['spec.versions', { ...spec, versions: [{ name: 'v1' }, { name: BINDING }] }],
  ])('is refused for a definition with a %s that no server takes, and no right is asked for', (at, wrong) => {
    const hostile = { ...definition, body: { ...definition.body, spec: wrong } };
    const { answer, needs } = askServer(
      applyClusterManifest,
      [widget, hostile],
      { objects: [] },
      { namespace: '' },
    );
    const { message, reasonCode } = refusal({ answer });
    expect(reasonCode).toBe('target-unsuitable');
    expect(message).toContain(`customresourcedefinition/widgets.example.com: its ${at} is not as expected`);
    expect(message).not.toContain('cluster-admin');
    expect(needs).toEqual([]);
  });

  it('has a definition define nothing as long as it states no group or no plural', () => {
    const { group: _group, ...noGroup } = spec;
    for (const partial of [noGroup, { ...spec, names: { kind: 'Widget' } }, {}]) {
      const bare = { ...definition, body: { ...definition.body, spec: partial } };
      for (const apiVersion of ['v1', 'example.com/v1']) {
        const { message } = refusal(
          askServer(
            applyClusterManifest,
            [written('Widget', 'one', {}, apiVersion), bare],
            { objects: [] },
            { namespace: '' },
          ),
        );
        expect(message).toContain('widget/one: the server has no');
        expect(message).not.toContain('customresourcedefinition');
      }
    }
  });

  it.each([
    ['that is created with them', [], 0],
    ['that is there already', ['urgent'], 1],
  ])('has pods of a priority class %s rehearsed only where they could be', (_what, there, templates) => {
    const template = { metadata: {}, spec: { priorityClassName: 'urgent', containers: [] } };
    const web = written(
      'Deployment',
      'web',
      { metadata: { name: 'web', namespace: 'shop' }, spec: { template } },
      'apps/v1',
    );
    const urgent = written('PriorityClass', 'urgent', { value: 9 }, 'scheduling.k8s.io/v1');
    const objects = there.map((name) => ({ ...urgent.body, metadata: { name, uid: 'uid-urgent' } }));
    const { podTemplates, notes } = plan(
      askServer(applyClusterManifest, [web, urgent], { objects }, { namespace: '' }),
    );
    expect(podTemplates.length).toBe(templates);
    expect(notes.join().includes('admitted depends on priorityclass/urgent')).toBe(templates === 0);
  });

  it.each([
    ['Namespace', 'v1', 'shop', undefined],
    ['ResourceQuota', 'v1', 'all', 'shop'],
  ])('does not hold pods against the %s of before', (kind, apiVersion, name, namespace) => {
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const live = { apiVersion, kind, metadata: { ...metadata, uid: 'uid-1' } };
    const decides = written(kind, name, { metadata: { ...metadata, labels: { level: 'new' } } }, apiVersion);
    const web = written('Deployment', 'web', { metadata: { name: 'web', namespace: 'shop' } }, 'apps/v1');
    const { podTemplates, notes } = plan(
      askServer(applyClusterManifest, [web, decides], { objects: [live] }, { namespace: '' }),
    );
    expect(podTemplates).toEqual([]);
    expect(notes.join()).toContain(`admitted depends on ${kind.toLowerCase()}/${name}`);
  });

  it('says what an undo takes along', () => {
    expect(draft.notes.join()).toContain('deletes namespace/new with everything');
    expect(draft.notes.join()).toContain('with every object of its kind');
  });

  it('tells also of a refused manifest where it was to be applied', () => {
    const refuse = () => ({ status: 403, body: { message: 'namespace new is protected' } });
    const server = { objects: [{ ...home.body, metadata: { name: 'new', uid: 'uid-new' } }], refuse };
    const { touches } = refusal(askServer(applyClusterManifest, [inside], server, { namespace: '' }));
    expect(touches?.map(({ namespace }) => namespace)).toEqual(['new']);
  });

  it('is refused for an object that says no namespace', () => {
    const homeless = askServer(
      applyClusterManifest,
      [written('ConfigMap', 'a')],
      { objects: [] },
      { namespace: '' },
    );
    expect(refusal(homeless).message).toContain('names no namespace');
  });
});
