import { describe, expect, it } from 'vitest';
import { labelResource } from '../../../src/catalog/label-resource.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { schemaProblems } from '../../../src/spec/schema-problems.ts';
import { planFor, refusalFor } from './asking.ts';
import { configMap, deployment, ownedBy, pod, replicaSet, service, statefulSet } from './cluster-objects.ts';

const path = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop', name: 'web' };
const labelled = { metadata: { labels: { tier: 'b', team: 'shop' } } };

function askingOf(labels: object, [object]: readonly KubernetesObject[]) {
  const kind = labelResource.kinds.find((one) => one.kind === object?.kind);
  return { name: object?.metadata.name ?? '', parameters: { labels }, ...(kind ? { kind } : {}) };
}

function plan(labels: object, ...objects: KubernetesObject[]) {
  return planFor(labelResource, askingOf(labels, objects), objects);
}

function refuse(labels: object, ...objects: KubernetesObject[]) {
  return refusalFor(labelResource, askingOf(labels, objects), objects);
}

describe('label-resource', () => {
  it('patches each label that changes, if it is as it was, and checks all that were asked for', () => {
    const labels = { tier: 'a', team: null, 'example.com/x-y': '' };
    expect(plan(labels, deployment(labelled))).toMatchObject({
      summary: 'change labels of deployment/web in shop: set tier=a, remove team, set example.com/x-y=',
      requests: [
        {
          verb: 'patch',
          patchType: 'json',
          path,
          body: [
            { op: 'test', path: '/metadata/uid', value: 'uid-deployment' },
            { op: 'test', path: '/metadata/labels/tier', value: 'b' },
            { op: 'test', path: '/metadata/labels/team', value: 'shop' },
            { op: 'test', path: '/metadata/labels/example.com~1x-y', value: null },
            { op: 'add', path: '/metadata/labels/tier', value: 'a' },
            { op: 'remove', path: '/metadata/labels/team' },
            { op: 'add', path: '/metadata/labels/example.com~1x-y', value: '' },
          ],
        },
      ],
      podsAffected: 0,
      podTemplates: [],
    });
    const [check] = plan({ tier: 'b', new: '1' }, deployment(labelled)).checks;
    expect(check).toEqual({
      kind: 'fields-equal',
      object: path,
      fields: [
        { pointer: '/metadata/labels/tier', before: 'b', after: 'b' },
        { pointer: '/metadata/labels/new', after: '1' },
      ],
    });
  });

  it('adds the first labels, and removes the last, as the map that holds them', () => {
    expect(plan({ tier: 'a' }, deployment()).requests).toMatchObject([
      { effect: { fields: [{ pointer: '/metadata/labels', after: { tier: 'a' } }] } },
    ]);
    const removed = plan({ tier: null, team: null }, deployment(labelled));
    expect(removed.requests).toMatchObject([
      {
        body: [
          { op: 'test', path: '/metadata/uid' },
          { op: 'test', path: '/metadata/labels', value: { tier: 'b', team: 'shop' } },
          { op: 'remove', path: '/metadata/labels' },
        ],
      },
    ]);
    expect(removed.undo).toMatchObject({
      requests: [
        {
          body: [
            { op: 'test', path: '/metadata/uid' },
            { op: 'test', path: '/metadata/labels', value: null },
            { op: 'add', path: '/metadata/labels', value: { tier: 'b', team: 'shop' } },
          ],
        },
      ],
    });
  });

  it.each([[{ tier: 'b' }], [{ none: null }], [{ constructor: null }]])(
    'sends nothing for %j, which is so already, and still verifies',
    (labels) => {
      const draft = plan(labels, deployment(labelled));
      expect(draft.requests).toEqual([]);
      expect(draft.undo).toMatchObject({ kind: 'requests', requests: [] });
      expect(draft.checks).toHaveLength(1);
      expect(draft.summary).toContain('as asked already');
    },
  );

  it('says that a workload or a Service is labelled alone, also where its selector has the label', () => {
    const of = (kind: KubernetesObject) => plan({ app: 'x' }, kind).notes.join(' ');
    expect(of(deployment())).toMatch(/Only deployment\/web itself.*app is also in the selector/);
    expect(of(service('web'))).toMatch(/Only service\/web itself.*app is also in the selector/);
    const matchExpressions = [{ key: 'app', operator: 'Exists' }];
    expect(of(statefulSet({ spec: { selector: { matchExpressions } } }))).toContain('app is also');
    expect(plan({ tier: 'a' }, deployment()).notes).toHaveLength(1);
    expect(plan({ tier: 'a' }, configMap('settings')).notes).toEqual([]);
  });

  it('refuses an object that is not there', () => {
    const asking = { name: 'web', parameters: { labels: { tier: 'a' } } };
    expect(refusalFor(labelResource, asking, []).reasonCode).toBe('target-not-found');
  });
});

describe('label-resource of a pod', () => {
  const web = [replicaSet(), service('web')];

  it('excludes what is done to its Deployment', () => {
    const deploymentWeb = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
    expect(plan({ tier: 'a' }, pod('web-1'), ...web).locks).toEqual([deploymentWeb]);
    const bare = pod('web-1', { metadata: { ownerReferences: [] } });
    expect(plan({ tier: 'a' }, bare).locks).toMatchObject([{ kind: 'Pod', name: 'web-1' }]);
  });

  it('excludes what is done to its StatefulSet, whatever operator has that', () => {
    const owned = (apiVersion: string, kind: string, name: string) => ({
      ownerReferences: [{ apiVersion, kind, name, uid: `uid-${name}`, controller: true }],
    });
    const member = pod('db-0', { metadata: owned('apps/v1', 'StatefulSet', 'db') });
    const set = statefulSet({ metadata: owned('monitoring.coreos.com/v1', 'Prometheus', 'main') });
    expect(plan({ tier: 'a' }, member, set).locks).toMatchObject([{ kind: 'StatefulSet', name: 'db' }]);
  });

  it.each([[{ app: null }], [{ app: 'other' }]])('refuses %j, with all that would lose it', (labels) => {
    const refusal = refuse(
      labels,
      pod('web-1'),
      ...web,
      service('other', { spec: { selector: { a: 'b' } } }),
    );
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toMatch(/replicaset\/web-5d4f8c7b9d has it by app=web,pod-template-hash=/);
    expect(refusal.message).toContain('service/web sends requests to the pods with app=web');
    expect(refusal.message).not.toContain('service/other');
  });

  it('goes by expressions as well', () => {
    const selector = { matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }] };
    const owner = replicaSet({ spec: { selector } });
    expect(refuse({ canary: 'yes' }, pod('web-1'), owner).message).toContain('!canary');
  });

  it.each([['pod-template-hash'], ['controller-revision-hash'], ['job-name']])(
    'refuses %s, which controllers know it by',
    (key) => {
      expect(refuse({ [key]: 'x' }, pod('web-1'), ...web).message).toContain(key);
    },
  );

  it.each([
    ['StatefulSet', 'apps/v1', 'db'],
    ['DaemonSet', 'apps/v1', 'agent'],
    ['Job', 'batch/v1', 'import'],
  ])('asks its %s', (kind, apiVersion, name) => {
    const metadata = { ownerReferences: ownedBy(kind, name, 'uid', apiVersion) };
    const spec = { selector: { matchLabels: { app: 'web' } } };
    const owner = { apiVersion, kind, metadata: { name, namespace: 'shop', uid: 'uid' }, spec };
    expect(refuse({ app: null }, pod('p', { metadata }), owner).message).toContain(
      `/${name} has it by app=web`,
    );
    expect(plan({ tier: 'a' }, pod('p', { metadata }), owner).requests).toHaveLength(1);
  });

  it('takes the labels that are there for those of a controller whose selector is not known', () => {
    const metadata = { ownerReferences: ownedBy('CloneSet', 'web', 'uid', 'apps.kruise.io/v1') };
    const labels = { app: 'web', tier: 'b' };
    const owned = pod('web-1', { metadata: { ...metadata, labels } });
    expect(refuse({ tier: 'a', more: 'x' }, owned).message).toMatch(/cloneset\/web.*needs tier is not known/);
    expect(plan({ tier: 'b', more: 'x' }, owned).requests).toHaveLength(1);
  });

  it('does not ask a controller that is gone, nor a Service without a selector or by another name', () => {
    const outside = [
      service('none', { spec: { selector: undefined } }),
      service('empty', { spec: { selector: {} } }),
      service('external', { spec: { type: 'ExternalName' } }),
    ];
    const draft = plan({ app: 'other' }, pod('web-1'), ...outside);
    expect(draft.requests).toHaveLength(1);
    expect(draft.notes.join(' ')).not.toContain('service/');
  });

  it('says which Services begin to send it requests', () => {
    const canary = service('canary', { spec: { selector: { track: 'canary' } } });
    const { notes } = plan({ track: 'canary' }, pod('web-1'), ...web, canary);
    expect(notes).toContain('service/canary begins to send requests to pod/web-1.');
    expect(notes.join(' ')).not.toContain('service/web ');
  });
});

function problemsWith(labels: object) {
  const schema = labelResource.parameters;
  const value = { labels };
  const { error } = schema.safeParse(value);
  return error ? schemaProblems(error, { schema, value, locate: (path) => path.join('/') }) : [];
}

describe('the parameters of label-resource', () => {
  const long = 'a'.repeat(63);

  it.each([
    [{ tier: 'a' }],
    [{ tier: '' }],
    [{ tier: null }],
    [{ [long]: long }],
    [{ 'example.com/A_b.c-1': '1.2' }],
    [{ 'app.kubernetes.io/version': 'v2' }],
    [{ 'notkubernetes.io/x': '' }],
    [{ 'kubernetes.io.example.com/x': '' }],
  ])('takes %j', (labels) => {
    expect(labelResource.parameters.safeParse({ labels }).success).toBe(true);
  });

  it.each([
    [{ '': 'a' }, 'is no label'],
    [{ 'a b': 'a' }, 'is no label'],
    [{ '-a': 'a' }, 'is no label'],
    [{ [`${long}a`]: 'a' }, 'is no label'],
    [{ 'a/b/c': null }, 'is no label'],
    [{ '/b': null }, 'is no label'],
    [{ 'Example.com/b': 'a' }, 'is no label'],
    [{ tier: 'a b' }, 'no label can have'],
    [{ tier: 'a-' }, 'no label can have'],
    [{ tier: 'a\n' }, 'no label can have'],
    [{ tier: `${long}a` }, 'no label can have'],
    [{ 'kubernetes.io/metadata.name': 'a' }, 'labels of kubernetes.io belong'],
    [{ 'k8s.io/x': 'a' }, 'labels of k8s.io belong'],
    [{ 'topology.kubernetes.io/zone': null }, 'labels of topology.kubernetes.io belong'],
    [{ 'x.app.kubernetes.io/name': 'a' }, 'labels of x.app.kubernetes.io belong'],
    [{ 'node.k8s.io/x': 'a' }, 'labels of node.k8s.io belong'],
  ])('does not take %j', (labels, message) => {
    const [key = ''] = Object.keys(labels);
    expect(problemsWith(labels)).toEqual([
      { where: `labels/${key}`, message: expect.stringContaining(message) },
    ]);
  });

  it('tells of each wrong label', () => {
    const problems = problemsWith({ 'a b': '', 'c d': '', e: 'f g', g: 1 });
    expect(problems.map(({ where }) => where)).toEqual(
      ['a b', 'c d', 'e', 'g'].map((key) => `labels/${key}`),
    );
  });

  it.each([[{}], [{ labels: {} }], [{ labels: { tier: 1 } }], [{ labels: ['a'] }], [{ labels: null }]])(
    'does not take %j as a whole',
    (parameters) => {
      expect(labelResource.parameters.safeParse(parameters).success).toBe(false);
    },
  );
});
