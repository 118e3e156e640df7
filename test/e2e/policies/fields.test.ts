/** What an action's ServiceAccount may write of an object: the fields of its catalogue entry and nothing else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { askUntil } from '../harness/ask-until.ts';
import { bind } from '../harness/bindings.ts';
import { create, pathOf, read } from '../harness/cluster.ts';
import { bindingOf, EXECUTOR_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { BUSYBOX } from '../harness/workloads.ts';
import {
  type Administrator,
  JSON_PATCH,
  MERGE,
  openAdministrator,
  rehearsalOf,
  type Sent,
  SOME_POD,
} from './identities.ts';

const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';
const KINDS = [
  ['deployments', 'Deployment', { replicas: 0 }],
  ['statefulsets', 'StatefulSet', { replicas: 0, serviceName: 'web' }],
  ['daemonsets', 'DaemonSet', {}],
] as const;
type Kind = (typeof KINDS)[number][0];

let site: Site;
let administrator: Administrator;
beforeAll(async () => {
  site = await openSite(['rollout-restart', 'restart-pod', 'rollback-deployment']);
  administrator = await openAdministrator(site.namespace);
  await Promise.all(
    KINDS.map(([resource, kind, extra]) => create(pathOf(resource, site.namespace), workload(kind, extra))),
  );
});
afterAll(async () => {
  await administrator.close();
  await site.close();
});

/** Without pods, since none is needed. */
function workload(kind: string, extra: object): object {
  const labels = { app: 'web' };
  const pod = {
    nodeSelector: { none: 'none' },
    containers: [
      { name: 'app', image: BUSYBOX },
      { name: 'side', image: BUSYBOX },
    ],
  };
  return {
    apiVersion: 'apps/v1',
    kind,
    // Controllers add annotations when they come to it: the patches of these tests find the map there.
    metadata: { name: 'web', labels, annotations: { mine: 'yes' } },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod }, ...extra },
  };
}

const POD = '/spec/template/spec';
/** A JSON patch can't add to a map that is not there; an empty one changes nothing. */
const TEMPLATE_ANNOTATIONS = { op: 'add', path: '/spec/template/metadata/annotations', value: {} };
const ABUSES: readonly (readonly [what: string, patch: object, named: RegExp])[] = [
  ['the image', { op: 'replace', path: `${POD}/containers/0/image`, value: 'evil' }, /changes: spec$/],
  [
    'an environment variable',
    { op: 'add', path: `${POD}/containers/1/env`, value: [{ name: 'a', value: 'b' }] },
    /changes: spec$/,
  ],
  ['the ServiceAccount', { op: 'add', path: `${POD}/serviceAccountName`, value: 'other' }, /changes: spec$/],
  [
    'a field that was not set',
    { op: 'add', path: `${POD}/hostAliases`, value: [{ ip: '10.0.0.1', hostnames: ['a'] }] },
    /changes: spec$/,
  ],
  [
    'a label of the template',
    { op: 'add', path: '/spec/template/metadata/labels/more', value: 'x' },
    /changes: labels$/,
  ],
  [
    'another annotation of the template',
    { op: 'add', path: '/spec/template/metadata/annotations/more', value: 'x' },
    /changes: more$/,
  ],
  [
    'the history',
    { op: 'replace', path: '/spec/revisionHistoryLimit', value: 0 },
    /changes: revisionHistoryLimit$/,
  ],
  [
    'the minimum of ready seconds',
    { op: 'add', path: '/spec/minReadySeconds', value: 9 },
    /changes: minReadySeconds$/,
  ],
  ['a label', { op: 'replace', path: '/metadata/labels', value: { app: 'other' } }, /changes: labels$/],
  ['no labels at all', { op: 'remove', path: '/metadata/labels' }, /changes: labels$/],
  [
    'an annotation',
    { op: 'add', path: '/metadata/annotations/more', value: 'x' },
    /changes: (annotations|more)$/,
  ],
  [
    'a finalizer',
    { op: 'add', path: '/metadata/finalizers', value: ['example.com/a'] },
    /changes: finalizers$/,
  ],
  [
    'an owner',
    {
      op: 'add',
      path: '/metadata/ownerReferences',
      value: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: SOME_POD.uid }],
    },
    /ownerReferences/,
  ],
];

describe.each(KINDS)('rollout-restart on %s', (resource, _kind, _extra) => {
  const path = () => pathOf(resource, site.namespace, 'web');
  const merge = (value: string | null) => ({
    method: 'PATCH' as const,
    path: path(),
    contentType: MERGE,
    body: { spec: { template: { metadata: { annotations: { [RESTARTED_AT]: value } } } } },
  });

  test('sets the annotation where there is none, changes it, and takes it back', async () => {
    for (const value of ['2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', null]) {
      expect(await administrator.fromPod('action-rollout-restart')(merge(value))).toMatchObject({
        status: 200,
      });
      expect(await annotations(resource)).toEqual(value === null ? undefined : { [RESTARTED_AT]: value });
    }
  });

  test.each(ABUSES)('may not write %s', async (_what, operation, named) => {
    const before = await read<KubernetesObject>(path());
    const said = await administrator.fromPod('action-rollout-restart')({
      method: 'PATCH',
      path: path(),
      contentType: JSON_PATCH,
      body: [TEMPLATE_ANNOTATIONS, operation],
    });
    expect(said.message).toMatch(/rollout-restart may change nothing|actions may not change ownerReferences/);
    expect(said.message).toMatch(named);
    expect(said.status).toBe(403);
    expect((await read<KubernetesObject>(path()))?.metadata.generation).toBe(before?.metadata.generation);
  });
});

/** The template as it is but for this; a merge patch leaves it the other fields. */
function returnTo(resource: Kind, podSpec: object): Sent {
  return {
    method: 'PATCH',
    path: `${pathOf(resource, site.namespace, 'web')}?dryRun=All`,
    contentType: MERGE,
    body: { spec: { template: { spec: podSpec } } },
  };
}

describe.each(KINDS)('rollback-deployment on %s', (resource, _kind, _extra) => {
  test('writes the whole template, under the ServiceAccount that the pods have', async () => {
    const image = { containers: [{ name: 'only', image: 'docker.io/library/busybox:1.36' }] };
    for (const podSpec of [image, { ...image, serviceAccountName: 'default' }]) {
      const said = await administrator.fromPod('action-rollback-deployment')(returnTo(resource, podSpec));
      expect(said.status, said.message).toBe(200);
    }
  });

  test.each(['serviceAccountName', 'serviceAccount'])('may not write another: %s', async (field) => {
    const sent = returnTo(resource, { [field]: 'caller' });
    for (const who of [
      administrator.fromPod('action-rollback-deployment'),
      await rehearsalOf('action-rollback-deployment'),
    ]) {
      const said = await who(sent);
      expect(said.message).toMatch(
        /run as serviceaccount caller in place of default: let it use serviceaccounts\.kubernetesexecution\.kubernaut\.io of the name caller$/,
      );
      expect(said.status).toBe(403);
    }
  });
});

test('rollback-deployment goes to and from a ServiceAccount that it may use, and stays with any', async () => {
  const { namespace } = site;
  const path = pathOf('deployments', namespace, 'other');
  const other = workload('Deployment', { replicas: 0 }) as { spec: { template: { spec: object } } };
  Object.assign(other, { metadata: { name: 'other' } });
  Object.assign(other.spec.template.spec, { serviceAccountName: 'mine' });
  await create(pathOf('deployments', namespace), other);
  const ask = async (podSpec: object) =>
    await administrator.fromPod('action-rollback-deployment')({
      ...returnTo('deployments', podSpec),
      path: `${path}?dryRun=All`,
    });
  const away = { serviceAccountName: null, serviceAccount: null };
  const theirs = { serviceAccountName: 'theirs', serviceAccount: null };
  const asked = [await ask({ hostname: 'a' }), await ask(away)];
  await allowUse('mine');
  asked.push(await ask(away), await ask(theirs));
  await allowUse('theirs');
  asked.push(await ask(theirs));
  expect(asked.map(({ status, message }) => [status, message])).toEqual([
    [200, ''],
    [403, expect.stringMatching(/serviceaccount default in place of mine: .* of the name mine$/)],
    [200, ''],
    [403, expect.stringMatching(/of the name theirs and mine$/)],
    [200, ''],
  ]);
});

async function allowUse(account: string): Promise<void> {
  const { namespace } = site;
  const name = `use-${account}`;
  const rule = {
    apiGroups: ['kubernetesexecution.kubernaut.io'],
    resources: ['serviceaccounts'],
    resourceNames: [account],
    verbs: ['use'],
  };
  await create(pathOf('roles', namespace), { metadata: { name }, rules: [rule] });
  const action = { name: 'action-rollback-deployment', namespace: EXECUTOR_NAMESPACE };
  await bind(namespace, bindingOf(name, { kind: 'Role', name }, action));
}

describe('another action', () => {
  test('is held to its own fields as well', async () => {
    const said = await administrator.fromPod('action-restart-pod')({
      method: 'PATCH',
      path: pathOf('deployments', site.namespace, 'web'),
      contentType: MERGE,
      body: { spec: { replicas: 7, paused: true } },
    });
    expect(said.message).toMatch(
      /restart-pod may change nothing of deployments but .*changes: .*(paused|replicas)/,
    );
    expect(said.status).toBe(403);
  });

  test('is not asked for fields of subresources that RBAC does not give it', async () => {
    const said = await administrator.fromPod('action-rollout-restart')({
      method: 'PATCH',
      path: `${pathOf('deployments', site.namespace, 'web')}/scale`,
      contentType: MERGE,
      body: { spec: { replicas: 7 } },
    });
    expect(said).toMatchObject({
      status: 403,
      message: expect.stringMatching(/cannot patch resource "deployments\/scale"/),
    });
  });

  test('replaces an object no more freely than it patches it', async () => {
    const path = pathOf('deployments', site.namespace, 'web');
    const send = administrator.withAllRights('action-rollout-restart', SOME_POD);
    // Its controllers write to it too: what is judged is what was read, or it is read again.
    let said: Awaited<ReturnType<typeof send>> | undefined;
    await askUntil(async () => {
      const live = await read<KubernetesObject & { spec: object }>(path);
      said = await send({ method: 'PUT', path, body: { ...live, spec: { ...live?.spec, replicas: 7 } } });
      return said.status === 409 ? said.message : undefined;
    });
    expect(said?.message).toMatch(/changes: replicas/);
    expect(said?.status).toBe(403);
  });
});

async function annotations(resource: Kind): Promise<unknown> {
  const live = await read<{ spec: { template: { metadata: { annotations?: object } } } }>(
    pathOf(resource, site.namespace, 'web'),
  );
  return live?.spec.template.metadata.annotations;
}
