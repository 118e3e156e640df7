/** What the ServiceAccounts of the actions that take a manifest may not write, though they had all rights there are. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bind } from '../harness/bindings.ts';
import { create, pathOf, read } from '../harness/cluster.ts';
import { configMap, deployment } from '../harness/manifests.ts';
import { bindingOf, EXECUTOR_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { BUSYBOX } from '../harness/workloads.ts';
import {
  type Administrator,
  MERGE,
  openAdministrator,
  rehearsalOf,
  type Sent,
  SOME_POD,
} from './identities.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const APPLY = 'application/apply-patch+yaml';

let site: Site;
let administrator: Administrator;
beforeAll(async () => {
  site = await openSite([]);
  administrator = await openAdministrator(site.namespace);
  await allowPods();
  await create(pathOf('configmaps', site.namespace), configMap('there', { a: 'b' }));
  await create(pathOf('deployments', site.namespace), deployment('there', 0));
});

/** What creates pods, in this namespace. */
async function allowPods(): Promise<void> {
  const verbs = ['create', 'patch'];
  const rules = [
    { apiGroups: [''], resources: ['pods'], verbs },
    { apiGroups: ['apps'], resources: ['deployments'], verbs },
    { apiGroups: ['batch'], resources: ['cronjobs'], verbs },
  ];
  await create(pathOf('roles', site.namespace), { metadata: { name: 'pods' }, rules });
  await bindActions('pods', 'apply-manifest', 'delete-manifest', 'apply-cluster-manifest');
}

/** Binds the Role of this name for the actions' own accounts. */
async function bindActions(role: string, ...actions: readonly string[]): Promise<void> {
  const accounts = actions.map((action) => ({ name: `action-${action}`, namespace: EXECUTOR_NAMESPACE }));
  await bind(site.namespace, bindingOf(role, { kind: 'Role', name: role }, ...accounts));
}

afterAll(async () => {
  await administrator.close();
  await site.close();
});

type Abuse = readonly [what: string, sent: (namespace: string) => Sent, said: RegExp];

function post(path: string, body: object): Sent {
  return { method: 'POST', path: `${path}?dryRun=All`, body };
}

function podOf(spec: object): object {
  const containers = [{ name: 'app', image: BUSYBOX }];
  return { metadata: { name: 'a' }, spec: { containers, ...spec } };
}

function cronJobOf(podSpec: object): object {
  const { spec } = podOf({ restartPolicy: 'Never', ...podSpec }) as { spec: object };
  return {
    metadata: { name: 'a' },
    spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template: { spec } } } },
  };
}

const OTHER = { serviceAccountName: 'other' };

/** Of each of the actions. */
const ABUSES: readonly Abuse[] = [
  [
    'a ClusterRoleBinding',
    () =>
      post(`${RBAC}/clusterrolebindings`, {
        metadata: { name: 'evil' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      }),
    /may not touch rbac/,
  ],
  [
    'a Role',
    (namespace) => post(`${RBAC}/namespaces/${namespace}/roles`, { metadata: { name: 'evil' } }),
    /may not touch rbac/,
  ],
  [
    'an admission webhook',
    () =>
      post('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
        metadata: { name: 'evil' },
      }),
    /may not touch admissionregistration/,
  ],
  [
    'a Secret',
    (namespace) => post(pathOf('secrets', namespace), { metadata: { name: 'evil' } }),
    /may not touch secrets/,
  ],
  [
    'a Secret with a token of a ServiceAccount',
    (namespace) =>
      post(pathOf('secrets', namespace), {
        metadata: { name: 'evil', annotations: { 'kubernetes.io/service-account.name': 'default' } },
        type: 'kubernetes.io/service-account-token',
      }),
    /may not touch secrets/,
  ],
  [
    'a ServiceAccount',
    (namespace) => post(pathOf('serviceaccounts', namespace), { metadata: { name: 'evil' } }),
    /may not touch serviceaccounts/,
  ],
  [
    'the token of a ServiceAccount',
    (namespace) => post(`${pathOf('serviceaccounts', namespace, 'caller')}/token`, { spec: {} }),
    /may not touch serviceaccounts|no subresources/,
  ],
  [
    'a new object with an owner',
    (namespace) =>
      post(
        pathOf('configmaps', namespace),
        configMap(
          'evil',
          {},
          { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: SOME_POD.uid }] },
        ),
      ),
    /may not give objects an owner/,
  ],
  [
    'an object of a protected namespace',
    () => post(pathOf('configmaps', 'kube-system'), configMap('evil', {})),
    /kube-system is protected/,
  ],
  [
    "an object of the executor's namespace",
    () => post(pathOf('configmaps', 'kubernetes-executor'), configMap('evil', {})),
    /kubernetes-executor is protected/,
  ],
  [
    'an eviction',
    (namespace) => {
      const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'there', namespace } };
      return post(`${pathOf('pods', namespace, 'there')}/eviction`, {
        ...eviction,
        deleteOptions: { dryRun: ['All'] },
      });
    },
    /no subresources|not found/,
  ],
];

/** Of each of them, with no right to use other accounts than the namespace's default one. */
const OTHER_ACCOUNTS: readonly Abuse[] = [
  [
    'a pod under another ServiceAccount',
    (namespace) => post(pathOf('pods', namespace), podOf({ serviceAccountName: 'caller' })),
    /may not run pods here as serviceaccount caller/,
  ],
  [
    'a Deployment under another ServiceAccount',
    (namespace) => post(pathOf('deployments', namespace), deployment('a', 1, BUSYBOX, OTHER)),
    /as serviceaccount other/,
  ],
  [
    'a Deployment under another ServiceAccount by the older name of the field',
    (namespace) =>
      post(pathOf('deployments', namespace), deployment('a', 1, BUSYBOX, { serviceAccount: 'other' })),
    /as serviceaccount other/,
  ],
  [
    'a CronJob under another ServiceAccount',
    (namespace) => post(`/apis/batch/v1/namespaces/${namespace}/cronjobs`, cronJobOf(OTHER)),
    /as serviceaccount other/,
  ],
  [
    'another ServiceAccount into a Deployment that is there',
    (namespace) => ({
      method: 'PATCH',
      path: `${pathOf('deployments', namespace, 'there')}?dryRun=All&fieldManager=x&force=true`,
      contentType: APPLY,
      body: deployment('there', 0, BUSYBOX, OTHER),
    }),
    /as serviceaccount other/,
  ],
];

/** Of those that work in one namespace. */
const CLUSTER_ABUSES: readonly Abuse[] = [
  [
    'a Namespace',
    () => post(pathOf('namespaces'), { metadata: { name: 'e2e-evil' } }),
    /not on objects of the whole cluster/,
  ],
  [
    'a PriorityClass',
    () => post('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'e2e-evil' }, value: 1 }),
    /not on objects of the whole cluster/,
  ],
];

describe.each([
  ['apply-manifest', [...ABUSES, ...CLUSTER_ABUSES]],
  ['delete-manifest', [...ABUSES, ...CLUSTER_ABUSES]],
  ['apply-cluster-manifest', ABUSES],
] as const)('%s', (action, abuses) => {
  const account = `action-${action}`;
  test.each(abuses)('may not write %s', async (_what, sent, said) => {
    const answer = await administrator.withAllRights(account, SOME_POD)(sent(site.namespace));
    expect(answer.message).toMatch(said);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  test.each(OTHER_ACCOUNTS)('may not write %s', async (_what, sent, said) => {
    const answer = await administrator.fromPod(account)(sent(site.namespace));
    expect(answer.message).toMatch(said);
    expect(answer.status).toBe(403);
  });

  test('may write an object of its own kinds from its pod, and outside of it rehearse alone', async () => {
    const path = pathOf('configmaps', site.namespace, `of-${action}`);
    const body = { ...configMap(`of-${action}`, { a: 'b' }) };
    const sent = { method: 'PATCH', path: `${path}?fieldManager=x`, contentType: APPLY, body } as const;
    const inPod = administrator.withAllRights(account, SOME_POD);
    expect(await administrator.withAllRights(account)(sent)).toMatchObject({ status: 403 });
    expect(await (await rehearsalOf(account))(sent)).toMatchObject({ status: 403 });
    expect(await read(path)).toBeUndefined();
    expect(await inPod(sent)).toMatchObject({ status: 201 });
    expect(await read(path)).toBeDefined();
  });
});

describe('apply-cluster-manifest, which may write Namespaces and kinds,', () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget' };
  const webhook = { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: ['v1'] };

  test.each([
    [
      'let privileged pods into a new Namespace',
      () => post(pathOf('namespaces'), { metadata: { name: 'e2e-evil', labels } }),
      /loosen the pod security/,
    ],
    [
      'let privileged pods into a Namespace that is there',
      () => ({
        method: 'PATCH' as const,
        path: `${pathOf('namespaces', undefined, site.namespace)}?dryRun=All`,
        contentType: MERGE,
        body: { metadata: { labels } },
      }),
      /loosen the pod security/,
    ],
    [
      'have all objects of a kind sent to a webhook',
      () =>
        post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
          metadata: { name: 'widgets.e2e.example.com' },
          spec: {
            group: 'e2e.example.com',
            scope: 'Namespaced',
            names,
            versions: [
              { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
            ],
            conversion: { strategy: 'Webhook', webhook },
          },
        }),
      /conversion webhook/,
    ],
  ])('may not %s', async (_what, sent, said) => {
    const answer = await administrator.withAllRights('action-apply-cluster-manifest', SOME_POD)(sent());
    expect(answer.message).toMatch(said);
    expect(answer.status).toBe(403);
  });
});

describe('a PodTemplate, which keeps its pod elsewhere than others,', () => {
  test('is held to the ServiceAccounts that the action may use', async () => {
    const { namespace } = site;
    const rule = { apiGroups: [''], resources: ['podtemplates'], verbs: ['create'] };
    await create(pathOf('roles', namespace), { metadata: { name: 'templates' }, rules: [rule] });
    await bindActions('templates', 'apply-manifest');
    const sent = (podSpec: object) => {
      const spec = { containers: [{ name: 'a', image: BUSYBOX }], ...podSpec };
      const template = { metadata: { labels: { a: 'b' } }, spec };
      return post(`/api/v1/namespaces/${namespace}/podtemplates`, { metadata: { name: 'a' }, template });
    };
    const pod = administrator.fromPod('action-apply-manifest');
    expect(await pod(sent(OTHER))).toMatchObject({
      status: 403,
      message: expect.stringMatching(/as serviceaccount other/),
    });
    const plain = await pod(sent({}));
    expect(plain.status, plain.message).toBe(201);
  });
});

describe('a ServiceAccount that an action may use', () => {
  test('is accepted in the pods of a manifest', async () => {
    const { namespace } = site;
    const rule = {
      apiGroups: ['kubernetesexecution.kubernaut.io'],
      resources: ['serviceaccounts'],
      resourceNames: ['used'],
      verbs: ['use'],
    };
    await create(pathOf('roles', namespace), { metadata: { name: 'use' }, rules: [rule] });
    await bindActions('use', 'apply-manifest');
    const pod = administrator.fromPod('action-apply-manifest');
    const sent = (name: string) =>
      post(pathOf('deployments', namespace), deployment('a', 1, BUSYBOX, { serviceAccountName: name }));
    expect(await pod(sent('used'))).toMatchObject({ status: 201 });
    await create(pathOf('serviceaccounts', namespace), { metadata: { name: 'used' } });
    const bare = await pod(post(pathOf('pods', namespace), podOf({ serviceAccountName: 'used' })));
    expect(bare.status, bare.message).toBe(201);
    expect(await pod(sent('other'))).toMatchObject({ status: 403 });
  });
});

describe('delete-manifest', () => {
  test('learns of its undo while the object is there: by a refusal, or by the name that is taken', async () => {
    const path = pathOf('deployments', site.namespace);
    const pod = administrator.fromPod('action-delete-manifest');
    expect(await pod(post(path, deployment('there', 0, BUSYBOX, OTHER)))).toMatchObject({
      status: 403,
      message: expect.stringMatching(/as serviceaccount other/),
    });
    expect(await pod(post(path, deployment('there', 0)))).toMatchObject({ status: 409 });
  });

  test.each([
    [
      'a claim',
      () => `/api/v1/namespaces/${site.namespace}/persistentvolumeclaims/a`,
      'persistentvolumeclaims',
    ],
    ['a namespace', () => pathOf('namespaces', undefined, site.namespace), 'namespaces'],
  ])('may not delete %s', async (_what, path, resource) => {
    if (resource === 'persistentvolumeclaims') {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } };
      await create(`/api/v1/namespaces/${site.namespace}/${resource}`, { metadata: { name: 'a' }, spec });
    }
    const sent = { method: 'DELETE', path: path(), body: { dryRun: ['All'] } } as const;
    const said = await administrator.withAllRights('action-delete-manifest', SOME_POD)(sent);
    expect(said.message).toMatch(/may not delete|not on objects of the whole cluster/);
    expect(said.status).toBe(403);
  });
});
