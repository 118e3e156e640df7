/** The installation as a whole: its policies are understood by the API server, and nobody has more than they should. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { askUntil } from '../harness/ask-until.ts';
import { list, pathOf, until } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { readInstallation } from './executions.ts';
import { type Administrator, bearer, type Identity, MERGE, openAdministrator } from './identities.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PREFIX = 'kubernetes-executor-';

let site: Site;
let administrator: Administrator;
beforeAll(async () => {
  site = await openSite([]);
  administrator = await openAdministrator(site.namespace);
});
afterAll(async () => {
  await administrator.close();
  await site.close();
});

interface Policy {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly object[] };
  };
}

interface Binding {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly policyName: string; readonly validationActions: readonly string[] };
}

/** Our policies; a controller checks them some time after they are applied. */
async function untilTypeChecked(): Promise<readonly Policy[]> {
  return await until<Policy, readonly Policy[]>({ path: pathOf('validatingadmissionpolicies') }, (all) => {
    const ours = all.filter(({ metadata }) => metadata.name.startsWith(PREFIX));
    const isChecked = ({ metadata, status }: Policy) => status?.observedGeneration === metadata.generation;
    return ours.every(isChecked) && ours;
  });
}

describe('the policies', () => {
  test('are type-checked by the API server without a warning, and all deny', async () => {
    const [ours, bindings] = await Promise.all([
      untilTypeChecked(),
      list<Binding>(pathOf('validatingadmissionpolicybindings')),
    ]);
    expect(ours.map(({ metadata }) => metadata.name)).toContain('kubernetes-executor-jobs');
    const checked = ours.map(({ metadata, status }) => [metadata.name, status?.typeChecking]);
    expect(checked).toEqual(ours.map(({ metadata }) => [metadata.name, {}]));
    const denying = bindings
      .filter(({ spec }) => spec.validationActions.join() === 'Deny')
      .map(({ spec }) => spec.policyName);
    expect(denying.filter((name) => name.startsWith(PREFIX)).toSorted()).toEqual(
      ours.map(({ metadata }) => metadata.name).toSorted(),
    );
  });
});

async function mayDo(who: Identity, attributes: Readonly<Record<string, string>>): Promise<unknown> {
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const said = await who({ method: 'POST', path, body: { spec: { resourceAttributes: attributes } } });
  return (said.body['status'] as { allowed: boolean }).allowed;
}

/** The authorizer hears of new bindings some time after they are applied. */
async function untilAllowed(who: Identity, attributes: Readonly<Record<string, string>>): Promise<void> {
  await askUntil(async () =>
    (await mayDo(who, attributes)) ? undefined : `not allowed: ${JSON.stringify(attributes)}`,
  );
}

describe('a caller', () => {
  test.each([
    ['get', '', 'secrets', ''],
    ['list', '', 'secrets', ''],
    ['update', '', 'secrets', ''],
    ['delete', '', 'secrets', ''],
    ['create', '', 'pods', ''],
    ['delete', '', 'pods', ''],
    ['create', '', 'pods', 'exec'],
    ['patch', '', 'pods', 'ephemeralcontainers'],
    ['update', 'batch', 'jobs', ''],
    ['patch', 'batch', 'jobs', ''],
    ['create', 'batch', 'cronjobs', ''],
    ['create', 'apps', 'deployments', ''],
    ['create', '', 'serviceaccounts', ''],
    ['impersonate', '', 'serviceaccounts', ''],
    ['create', '', 'configmaps', ''],
    ['update', '', 'configmaps', ''],
    ['create', 'coordination.k8s.io', 'leases', ''],
    ['update', 'coordination.k8s.io', 'leases', ''],
    ['create', 'rbac.authorization.k8s.io', 'rolebindings', ''],
  ])('may not %s %s %s %s in the namespaces of the executor', async (verb, group, resource, subresource) => {
    for (const namespace of [EXECUTOR_NAMESPACE, LOCK_NAMESPACE]) {
      expect(await mayDo(bearer(site.token), { namespace, verb, group, resource, subresource })).toBe(false);
    }
  });

  test('has nothing in a namespace that did not opt in', async () => {
    const said = await bearer(site.token)({ method: 'GET', path: pathOf('deployments', site.namespace) });
    expect(said.status).toBe(403);
  });
});

test.each(['scale-deployment', 'rollout-restart', 'restart-pod'])(
  'a namespace opts in to %s by one file',
  async (action) => {
    const group = {
      namespace: site.namespace,
      verb: 'execute',
      group: 'kubernetesexecution.kubernaut.io',
      resource: 'actions',
      name: action,
    };
    const member = administrator.as('somebody', 'kubernetes-executor:callers');
    expect(await mayDo(member, group)).toBe(false);
    const { kubectl, kubeconfig } = inject('cluster');
    const file = join(ROOT, 'manifests/opt-in', `${action}.yaml`);
    await promisify(execFile)(kubectl, [
      '--kubeconfig',
      kubeconfig,
      'apply',
      '-n',
      site.namespace,
      '-f',
      file,
    ]);
    await untilAllowed(member, group);
    expect(await mayDo(member, { ...group, namespace: 'default' })).toBe(false);
    const deployments = { namespace: site.namespace, verb: 'get', group: 'apps', resource: 'deployments' };
    await untilAllowed(administrator.fromPod(`action-${action}`), deployments);
    const pods = { namespace: site.namespace, verb: 'create', group: '', resource: 'pods' };
    await untilAllowed(administrator.fromPod('rehearse-pods'), pods);
  },
);

test('the program that runs can not be changed, only replaced by one of another name', async () => {
  const { program } = await readInstallation();
  const said = await administrator.ask({
    method: 'PATCH',
    path: pathOf('configmaps', EXECUTOR_NAMESPACE, program),
    contentType: MERGE,
    body: { data: { 'executor.mjs': 'evil' } },
  });
  expect(said.message).toMatch(/immutable/);
  expect(said.status).toBe(422);
});
