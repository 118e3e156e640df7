import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { optIn } from '../../../scripts/manifests/access.ts';
import { applyClusterManifest } from '../../../src/catalog/apply-cluster-manifest.ts';
import { catalog } from '../../../src/catalog/index.ts';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import type { PermissionRow } from '../../../src/rehearse/report.ts';
import { Ended, type Ending } from '../../../src/run/ending.ts';
import {
  askAction,
  askCaller,
  mayRehearsePods,
  podRehearsalGrant,
  sayNotOptedIn,
  type Where,
  whereOf,
} from '../../../src/run/permissions.ts';
import { refuseMissing } from '../../../src/run/refuse-missing.ts';
import { FakeApi } from '../execute/fake-api.ts';

const WHERE: Where = { action: scaleDeployment, namespace: 'shop', jobNamespace: 'kubernetes-executor' };
const BOTH = ['plan', 'execute'];
const DEPLOYER = 'system:serviceaccount:ci:deployer';

function asked(rows: readonly PermissionRow[]): readonly string[] {
  return rows.map(({ permission }) => permission);
}

/** The objects of a grant, as kubectl would read them. */
function grants(rows: readonly PermissionRow[]): readonly unknown[] {
  return rows.flatMap(({ grant }) => (grant === undefined ? [] : [parseOne(grant)]));
}

function parseOne(yaml: string): unknown {
  const [document, ...others] = parseAllDocuments(yaml, { version: '1.1' });
  if (!document || others.length > 0 || document.errors.length > 0) throw new Error(`not YAML: ${yaml}`);
  return document.toJS();
}

/** The objects of all grants, each grant once. */
function granted(rows: readonly PermissionRow[]): readonly unknown[] {
  const all = new Set(rows.flatMap(({ grant }) => grant ?? []));
  return [...all].flatMap((yaml) =>
    parseAllDocuments(yaml, { version: '1.1' }).map((document): unknown => document.toJS()),
  );
}

/** A server that allows nothing. */
function closed(): FakeApi {
  const api = new FakeApi();
  api.allows = () => false;
  return api;
}

function refusalOf(rows: readonly PermissionRow[], reason?: string): Ending {
  try {
    refuseMissing(rows, reason);
  } catch (error) {
    if (error instanceof Ended) return error.ending;
  }
  throw new Error('it was not refused');
}

describe('the rights of the caller', () => {
  it('are those of the action in the namespace, and to run Jobs beside it', async () => {
    const rows = await askCaller(new FakeApi(), DEPLOYER, WHERE, BOTH);
    expect(asked(rows)).toEqual([
      'plan actions.kubernetesexecution.kubernaut.io "scale-deployment" in shop',
      'execute actions.kubernetesexecution.kubernaut.io "scale-deployment" in shop',
      'create serviceaccounts/token "action-scale-deployment" in kubernetes-executor',
      'create jobs.batch in kubernetes-executor',
      'watch jobs.batch in kubernetes-executor',
      'delete jobs.batch in kubernetes-executor',
      'create secrets in kubernetes-executor',
      'watch pods in kubernetes-executor',
      'patch pods in kubernetes-executor',
      'get pods/log in kubernetes-executor',
      'watch events in kubernetes-executor',
      'watch leases.coordination.k8s.io in kubernetes-executor',
    ]);
    expect(rows.every((row) => row.allowed === 'yes' && row.grant === undefined)).toBe(true);
    expect(rows.every((row) => row.who === 'caller' && row.identity === DEPLOYER)).toBe(true);
  });

  it('are fewer to plan alone', async () => {
    expect(asked(await askCaller(new FakeApi(), DEPLOYER, WHERE, ['plan']))).toEqual([
      'plan actions.kubernetesexecution.kubernaut.io "scale-deployment" in shop',
      'create serviceaccounts/token "action-scale-deployment" in kubernetes-executor',
      'create jobs.batch in kubernetes-executor',
    ]);
  });

  it('never include reading Secrets or writing in the target namespace', async () => {
    const rows = await askCaller(new FakeApi(), DEPLOYER, WHERE, BOTH);
    expect(asked(rows).filter((text) => /(get|list|watch) secrets/.test(text))).toEqual([]);
    expect(asked(rows).filter((text) => text.endsWith('in shop') && !text.includes('actions.'))).toEqual([]);
  });

  it('are granted by YAML for whoever the caller is', async () => {
    const subjects = async (user: string): Promise<readonly unknown[]> =>
      grants(await askCaller(closed(), user, WHERE, BOTH)).map((grant) =>
        Reflect.get(Object(grant), 'subjects'),
      );
    const ofDeployer = await subjects(DEPLOYER);
    expect(ofDeployer.length).toBeGreaterThan(1);
    for (const one of ofDeployer) {
      expect(one).toEqual([{ kind: 'ServiceAccount', name: 'deployer', namespace: 'ci' }]);
    }
    const user = 'https://token.actions.githubusercontent.com#repo:shop/app:environment:prod';
    const ofUser = await subjects(user);
    expect(ofUser.length).toBeGreaterThan(1);
    for (const one of ofUser) {
      expect(one).toEqual([{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }]);
    }
  });

  it('are granted where they are missing: the action in its namespace, the rest with the executor', async () => {
    const [inTarget, withExecutor] = [
      ...new Set(
        grants(await askCaller(closed(), DEPLOYER, WHERE, BOTH)).map((grant) => JSON.stringify(grant)),
      ),
    ].map((text) => JSON.parse(text));
    expect(inTarget).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: expect.stringContaining('scale-deployment-caller-'), namespace: 'shop' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'kubernetes-executor:scale-deployment:execute',
      },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: 'ci' }],
    });
    expect(withExecutor).toMatchObject({
      kind: 'RoleBinding',
      metadata: { namespace: 'kubernetes-executor' },
      roleRef: { kind: 'Role', name: 'kubernetes-executor-caller' },
    });
  });

  it('are granted to who shall only plan without the right to execute', async () => {
    const rows = await askCaller(closed(), DEPLOYER, WHERE, ['plan']);
    const [role, inTarget, withExecutor, ...others] = granted(rows);
    expect(role).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'kubernetes-executor:scale-deployment:plan', namespace: 'shop' },
      rules: [
        {
          apiGroups: ['kubernetesexecution.kubernaut.io'],
          resources: ['actions'],
          resourceNames: ['scale-deployment'],
          verbs: ['plan'],
        },
      ],
    });
    expect(inTarget).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: expect.stringContaining('scale-deployment-planner-'), namespace: 'shop' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'Role',
        name: 'kubernetes-executor:scale-deployment:plan',
      },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: 'ci' }],
    });
    expect(withExecutor).toMatchObject({ roleRef: { name: 'kubernetes-executor-caller' } });
    expect(others).toEqual([]);
  });

  it('are granted to who shall only plan in the whole cluster by a role of the cluster', async () => {
    const where = whereOf(applyClusterManifest, '', WHERE.jobNamespace);
    const [role, inTarget] = granted(await askCaller(closed(), DEPLOYER, where, ['plan']));
    const name = 'kubernetes-executor:apply-cluster-manifest:plan';
    expect(role).toMatchObject({ kind: 'ClusterRole', metadata: { name }, rules: [{ verbs: ['plan'] }] });
    expect(inTarget).toMatchObject({ kind: 'ClusterRoleBinding', roleRef: { kind: 'ClusterRole', name } });
    expect(JSON.stringify([role, inTarget])).not.toContain('"namespace":"shop"');
  });

  it.each([
    'repo:Shop/App:ref:refs/heads/main',
    'ünïcode@example.com',
    '"quoted": {yaml}',
    '-dash-',
    'a'.repeat(80),
  ])('give the binding of %s a name that the API server takes', async (user) => {
    const all = grants(await askCaller(closed(), user, WHERE, BOTH));
    expect(all.length).toBeGreaterThan(1);
    for (const grant of all) {
      const { metadata, subjects } = grant as { metadata: { name: string }; subjects: { name: string }[] };
      expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,120}[a-z0-9])?$/);
      expect(subjects.map(({ name }) => name)).toEqual([user]);
    }
  });
});

describe('the bindings of two callers', () => {
  it('are different ones: applied for the second, the grant must not take the right from the first', async () => {
    const users = [
      DEPLOYER,
      'https://token.actions.githubusercontent.com#repo:one/the-same-long-repository:environment:production',
      'https://token.actions.githubusercontent.com#repo:two/the-same-long-repository:environment:production',
      '日本',
      '中国',
    ];
    const names = await Promise.all(
      users.map(async (user) =>
        grants(await askCaller(closed(), user, WHERE, BOTH)).map((grant) =>
          JSON.stringify(Reflect.get(Object(grant), 'metadata')),
        ),
      ),
    );
    expect(new Set(names.flat()).size).toBe(users.length * 2);
  });
});

describe('the rights of the action', () => {
  it.each(catalog)('are all that $name asks for', async (action) => {
    const where = whereOf(action, action.scope === 'cluster' ? '' : 'shop', 'kubernetes-executor');
    const rows = await askAction(new FakeApi(), where);
    const rules = action.permissions.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => `${verb} ${resource}${group === '' ? '' : `.${group}`}`),
        ),
      ),
    );
    const place = action.scope === 'cluster' ? 'clusterwide' : 'in shop';
    expect(asked(rows)).toEqual(rules.map((rule) => `${rule} ${place}`));
    expect(rows[0]?.identity).toBe(`system:serviceaccount:kubernetes-executor:action-${action.name}`);
  });

  it('ask for subresources as such', async () => {
    const api = new FakeApi();
    const questions: unknown[] = [];
    api.allows = (attributes) => questions.push(attributes) > 0;
    await askAction(api, WHERE);
    expect(questions).toContainEqual({
      verb: 'patch',
      group: 'apps',
      resource: 'deployments',
      subresource: 'scale',
      namespace: 'shop',
    });
  });

  it('are granted by binding its ServiceAccount to its ClusterRole in the namespace', async () => {
    const [grant] = grants(await askAction(closed(), WHERE));
    expect(grant).toEqual({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'kubernetes-executor:scale-deployment', namespace: 'shop' },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'kubernetes-executor:scale-deployment',
      },
      subjects: [
        { kind: 'ServiceAccount', name: 'action-scale-deployment', namespace: 'kubernetes-executor' },
      ],
    });
  });

  it.each(catalog)('are granted for $name by the very binding of its opt-in file', async (action) => {
    const where = whereOf(action, action.scope === 'cluster' ? '' : 'shop', 'kubernetes-executor');
    const [grant] = grants(await askAction(closed(), where));
    const [shipped] = optIn(action);
    const { metadata, ...rest } = { metadata: {}, ...shipped };
    const place = action.scope === 'cluster' ? {} : { namespace: 'shop' };
    expect(grant).toEqual({ ...rest, metadata: { ...Object(metadata), ...place } });
  });

  it('are granted for the whole cluster where the action is of the cluster', async () => {
    const where = whereOf(restartPod, '', 'kubernetes-executor');
    const [grant] = grants(await askAction(closed(), where));
    expect(grant).toMatchObject({ kind: 'ClusterRoleBinding' });
    expect(Reflect.get(Object(grant), 'metadata')).not.toHaveProperty('namespace');
  });

  it.each(['2024', '1e3', 'on', 'true', 'null', '0x1f'])(
    'are granted in a namespace that is called %s',
    async (namespace) => {
      const where = { ...WHERE, namespace, jobNamespace: namespace };
      for (const grant of [
        ...grants(await askAction(closed(), where)),
        ...grants(await askCaller(closed(), `system:serviceaccount:${namespace}:7`, where, BOTH)),
      ]) {
        const { metadata, subjects } = grant as {
          metadata: { namespace: unknown };
          subjects: { namespace: unknown }[];
        };
        expect([metadata.namespace, subjects[0]?.namespace]).toEqual([namespace, namespace]);
      }
    },
  );
});

describe('a review that fails', () => {
  it('is unknown, never yes', async () => {
    const api = new FakeApi();
    api.answer(({ path }) => path.endsWith('accessreviews'), { status: 403, message: 'no reviews' }, 99);
    const rows = await askAction(api, WHERE);
    expect(rows.every((row) => row.allowed === 'unknown' && row.reason === 'no reviews')).toBe(true);
    expect(refusalOf(rows).reasonCode).toBe('permission-unknown');
  });
});

describe('refuseMissing', () => {
  it('refuses nothing where all is there', async () => {
    const rows = await askAction(new FakeApi(), WHERE);
    expect(() => refuseMissing(rows)).not.toThrow();
  });

  it('tells all that is missing at once, and each grant once', async () => {
    const api = new FakeApi();
    api.allows = ({ verb }) => verb !== 'patch' && verb !== 'watch';
    const rows = await askAction(api, WHERE);
    const { result, reasonCode, message } = refusalOf(rows);
    expect([result, reasonCode]).toEqual(['refused', 'permission-missing']);
    expect(message).toContain('may not patch deployments/scale.apps in shop');
    expect(message).toContain('may not watch pods in shop');
    expect(message).not.toContain('may not get');
    expect(message.match(/kind: RoleBinding/g)?.length).toBe(1);
    const yaml = message.slice(message.indexOf('apiVersion:'));
    expect(parseOne(yaml)).toMatchObject({ kind: 'RoleBinding' });
  });

  it('says apart what is not known', () => {
    const rows: PermissionRow[] = [
      { who: 'caller', identity: 'me', permission: 'create jobs', allowed: 'no' },
      { who: 'caller', identity: 'me', permission: 'watch jobs', allowed: 'unknown', reason: 'timeout' },
    ];
    const { reasonCode, message } = refusalOf(rows);
    expect(reasonCode).toBe('permission-missing');
    expect(message).toContain('me may not create jobs');
    expect(message).toContain('me may or may not watch jobs (timeout)');
  });
});

describe('an action without any of its rights', () => {
  it('is said first not to be opted in to, with the command for it, and the YAML all the same', async () => {
    const rows = await askAction(closed(), WHERE);
    const { message } = refusalOf(rows, sayNotOptedIn(WHERE, rows));
    const [first] = message.split('\n');
    expect(first).toBe(
      'namespace shop has not opted in to scale-deployment, or there is no namespace of that name. Opt in with: kubectl apply -n shop -f manifests/opt-in/scale-deployment.yaml',
    );
    expect(message).toContain('may not patch deployments/scale.apps in shop');
    expect(parseOne(message.slice(message.indexOf('apiVersion:')))).toMatchObject({ kind: 'RoleBinding' });
  });

  it('on the whole cluster is opted in to without a namespace', async () => {
    const where = whereOf(applyClusterManifest, '', WHERE.jobNamespace);
    expect(sayNotOptedIn(where, await askAction(closed(), where))).toBe(
      'the cluster has not opted in to apply-cluster-manifest. Opt in with: kubectl apply -f manifests/opt-in/apply-cluster-manifest.yaml',
    );
  });

  it('is not told from one that lacks a few, or of which nothing is known', async () => {
    const few = new FakeApi();
    few.allows = ({ verb }) => verb !== 'patch';
    expect(sayNotOptedIn(WHERE, await askAction(few, WHERE))).toBeUndefined();
    const silent = new FakeApi();
    silent.answer(({ path }) => path.endsWith('accessreviews'), { status: 500 }, 99);
    expect(sayNotOptedIn(WHERE, await askAction(silent, WHERE))).toBeUndefined();
  });
});

describe('the rehearsal of pods', () => {
  it('is asked for in the namespace', async () => {
    const api = new FakeApi();
    api.allows = ({ verb, resource, namespace }) =>
      verb === 'create' && resource === 'pods' && namespace === 'shop';
    expect(await mayRehearsePods(api, WHERE)).toMatchObject({ allowed: 'yes' });
    expect(await mayRehearsePods(api, { ...WHERE, namespace: 'other' })).toMatchObject({ allowed: 'no' });
  });

  it('is asked for clusterwide where the action works in the whole cluster', async () => {
    const api = new FakeApi();
    api.allows = ({ resource, namespace }) => resource === 'pods' && namespace === undefined;
    expect(await mayRehearsePods(api, whereOf(applyClusterManifest, '', WHERE.jobNamespace))).toMatchObject({
      allowed: 'yes',
    });
  });

  it('is granted by a binding of its own', () => {
    expect(parseOne(podRehearsalGrant(WHERE))).toMatchObject({
      kind: 'RoleBinding',
      metadata: { name: 'kubernetes-executor:rehearse-pods', namespace: 'shop' },
      roleRef: { kind: 'ClusterRole', name: 'kubernetes-executor:rehearse-pods' },
      subjects: [{ kind: 'ServiceAccount', name: 'rehearse-pods', namespace: 'kubernetes-executor' }],
    });
  });
});
