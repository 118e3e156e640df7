/** Who may do what: asked of the API server for the caller and for the action's ServiceAccount, all at once. */
import { createHash } from 'node:crypto';
import { type Action, type PolicyRule, readsOnly } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { createObject } from '../cluster/typed.ts';
import { callerRoleOf, clusterRoleOf, GROUP, POD_REHEARSER, serviceAccountOf } from '../plan/names.ts';
import { readPointer } from '../plan/pointer.ts';
import { aggregatedRole } from './aggregated-role.ts';
import type { PermissionRow } from './record.ts';

export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

interface Asked {
  readonly api: ApiServer;
  readonly who: PermissionRow['who'];
  readonly identity: string;
  readonly rights: readonly Right[];
  /** What to apply where one of them is missing. */
  readonly grant: string;
}

export interface Where {
  readonly action: Action;
  /** Absent for cluster-scoped actions. */
  readonly namespace?: string;
  readonly jobNamespace: string;
}

/** The empty namespace is that of cluster-scoped actions. */
export function whereOf(action: Action, namespace: string, jobNamespace: string): Where {
  return { action, jobNamespace, ...(namespace === '' ? {} : { namespace }) };
}

/** In the executor's namespace, and the virtual verbs on the action where it is to act. */
export function askCaller(
  api: ApiServer,
  user: string,
  where: Where,
  verbs: readonly string[],
): Promise<readonly PermissionRow[]> {
  const inTarget = verbs.map((verb) => ({
    verb,
    group: GROUP,
    resource: 'actions',
    name: where.action.name,
    ...at(where.namespace),
  }));
  return Promise.all([
    ask({ api, who: 'caller', identity: user, rights: inTarget, grant: callerBinding(user, where) }),
    ask({
      api,
      who: 'caller',
      identity: user,
      rights: executorRights(where, verbs),
      grant: executorBinding(user, where),
    }),
  ]).then((rows) => rows.flat());
}

export function askAction(api: ApiServer, where: Where): Promise<readonly PermissionRow[]> {
  const account = serviceAccountOf(where.action.name);
  return ask({
    api,
    who: 'action',
    identity: `system:serviceaccount:${where.jobNamespace}:${account}`,
    rights: rightsOf(where.action.permissions, where.namespace),
    grant: binding({
      name: `kubernetes-executor-${where.action.name}`,
      role: clusterRoleOf(where.action.name),
      where,
      subject: serviceAccount(account, where),
    }),
  });
}

/** What this very plan needs beside: the installer adds it to the action's ClusterRole, wherever that is bound. */
export async function askNeeded(
  api: ApiServer,
  where: Where,
  rules: readonly PolicyRule[],
): Promise<readonly PermissionRow[]> {
  const identity = `system:serviceaccount:${where.jobNamespace}:${serviceAccountOf(where.action.name)}`;
  const rows = await Promise.all(
    rules.map((rule) =>
      ask({
        api,
        who: 'action',
        identity,
        rights: rightsOf([rule], where.namespace),
        grant: aggregatedRole(where.action.name, rule),
      }),
    ),
  );
  return rows.flat();
}

/** Whether the pods to come may be rehearsed; without it they are just not. */
export async function mayRehearsePods(api: ApiServer, namespace: string): Promise<boolean> {
  const review = await reviewAccess(api, { verb: 'create', group: '', resource: 'pods', namespace });
  return review.allowed === 'yes';
}

export function podRehearsalGrant(where: Where): string {
  return binding({
    name: 'kubernetes-executor-rehearse-pods',
    role: clusterRoleOf(POD_REHEARSER),
    where,
    subject: serviceAccount(POD_REHEARSER, where),
  });
}

async function ask({ api, who, identity, rights, grant }: Asked): Promise<readonly PermissionRow[]> {
  const answers = await Promise.all(rights.map((right) => reviewAccess(api, right)));
  return rights.map((right, index) => {
    const { allowed, reason } = answers[index] ?? { allowed: 'unknown', reason: '' };
    return {
      who,
      identity,
      permission: describe(right),
      allowed,
      ...(reason === '' ? {} : { reason }),
      ...(allowed === 'yes' ? {} : { grant }),
    };
  });
}

/** A review that fails is unknown, never yes. */
async function reviewAccess(
  api: ApiServer,
  right: Right,
): Promise<{ readonly allowed: PermissionRow['allowed']; readonly reason: string }> {
  const { verb, group, resource, subresource, namespace, name } = right;
  try {
    const review = await createObject(
      api,
      { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' },
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, group, resource, subresource, namespace, name } },
      },
      { resendable: true },
    );
    const allowed = readPointer(review, '/status/allowed') === true;
    const problem = readPointer(review, '/status/evaluationError');
    return { allowed: allowed ? 'yes' : 'no', reason: typeof problem === 'string' ? problem : '' };
  } catch (error) {
    return { allowed: 'unknown', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Where an action can only read, there is no Job. */
function executorRights(
  { action, jobNamespace: namespace }: Where,
  verbs: readonly string[],
): readonly Right[] {
  const token = { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace };
  const own = { ...token, name: serviceAccountOf(action.name) };
  if (readsOnly(action)) return [own];
  const plan: Right[] = [own, { verb: 'create', group: 'batch', resource: 'jobs', namespace }];
  if (!verbs.includes('execute')) return plan;
  return [
    ...plan,
    { verb: 'watch', group: 'batch', resource: 'jobs', namespace },
    { verb: 'delete', group: 'batch', resource: 'jobs', namespace },
    { verb: 'create', group: '', resource: 'secrets', namespace },
    { verb: 'watch', group: '', resource: 'pods', namespace },
    { verb: 'patch', group: '', resource: 'pods', namespace },
    { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace },
    { verb: 'list', group: '', resource: 'events', namespace },
    { verb: 'watch', group: 'coordination.k8s.io', resource: 'leases', namespace },
  ];
}

function rightsOf(rules: readonly PolicyRule[], namespace: string | undefined): readonly Right[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({ verb, group, ...splitResource(resource), ...at(namespace) })),
      ),
    ),
  );
}

function splitResource(resource: string): { readonly resource: string; readonly subresource?: string } {
  const [name = '', subresource] = resource.split('/');
  return subresource === undefined ? { resource: name } : { resource: name, subresource };
}

function at(namespace: string | undefined): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

/** `patch deployments/scale.apps in shop`, as kubectl auth can-i names them. */
function describe({ verb, group, resource, subresource, namespace, name }: Right): string {
  const full = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
  return `${verb} ${full}${name === undefined ? '' : ` "${name}"`}${namespace === undefined ? ' clusterwide' : ` in ${namespace}`}`;
}

interface Binding {
  readonly name: string;
  readonly role: string;
  readonly where: Where;
  readonly subject: readonly string[];
}

function binding({ name, role, where, subject }: Binding): string {
  const kind = where.namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding';
  const namespace = where.namespace === undefined ? '' : `, namespace: ${quote(where.namespace)}`;
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${kind}`,
    `metadata: {name: ${name}${namespace}}`,
    `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "${role}"}`,
    'subjects:',
    ...subject,
  ].join('\n');
}

function callerBinding(user: string, where: Where): string {
  const { name } = where.action;
  return binding({
    name: `kubernetes-executor-${name}-caller-${slug(user)}`,
    role: callerRoleOf(name),
    where,
    subject: subjectOf(user),
  });
}

function executorBinding(user: string, { jobNamespace }: Where): string {
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    `metadata: {name: kubernetes-executor-caller-${slug(user)}, namespace: ${quote(jobNamespace)}}`,
    'roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: kubernetes-executor-caller}',
    'subjects:',
    ...subjectOf(user),
  ].join('\n');
}

function serviceAccount(name: string, { jobNamespace }: Where): readonly string[] {
  return [`- {kind: ServiceAccount, name: ${name}, namespace: ${quote(jobNamespace)}}`];
}

function subjectOf(user: string): readonly string[] {
  const [, , namespace, name] = user.startsWith('system:serviceaccount:') ? user.split(':') : [];
  return namespace !== undefined && name !== undefined
    ? [`- {kind: ServiceAccount, name: ${quote(name)}, namespace: ${quote(namespace)}}`]
    : [`- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ${quote(user)}}`];
}

/** A namespace may be called `2024` or `on`, and kubectl reads YAML 1.1. */
function quote(text: string): string {
  return JSON.stringify(text);
}

/** One name for one user: applied for another, a binding of the same name would take the right from the first. */
function slug(user: string): string {
  const readable = user
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(-40)
    .replaceAll(/^-|-$/g, '');
  const hash = createHash('sha256').update(user).digest('hex').slice(0, 8);
  return readable === '' ? hash : `${readable}-${hash}`;
}
