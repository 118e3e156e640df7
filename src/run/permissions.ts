/** Who may do what: asked of the API server for the caller and for the action's ServiceAccount, all at once. */
import { createHash } from 'node:crypto';
import { type Action, type PolicyRule, readsOnly, touchesSecrets } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import {
  CALLER_ROLE,
  callerRoleOf,
  clusterRoleOf,
  GROUP,
  POD_REHEARSER,
  rehearsingAccountOf,
  serviceAccountOf,
} from '../plan/names.ts';
import { type Review, type Right, reviewAccess, reviewAll, rightsOf } from '../rehearse/access-review.ts';
import type { PermissionRow, ReviewedRight } from '../rehearse/report.ts';
import { aggregatedRole, yamlText } from './aggregated-role.ts';

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
    ask({ api, who: 'caller', identity: user, rights: inTarget, grant: targetGrant(user, where, verbs) }),
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
  return ask({
    api,
    ...actionIdentity(where, serviceAccountOf(where.action.name)),
    rights: rightsOf(where.action.permissions, where.namespace),
  });
}

/** What the identity that rehearses in a Job has found of itself, with what to apply where something is missing. */
export function actionRows(where: Where, rows: readonly ReviewedRight[]): readonly PermissionRow[] {
  const { who, identity, grant } = actionIdentity(where, rehearsingAccountOf(where.action.name));
  return rows.map((row) => ({ who, identity, ...row, ...(row.allowed === 'yes' ? {} : { grant }) }));
}

function actionIdentity(where: Where, account: string): Pick<Asked, 'who' | 'identity' | 'grant'> {
  const { name } = where.action;
  const accounts = touchesSecrets(where.action)
    ? [serviceAccountOf(name), rehearsingAccountOf(name)]
    : [serviceAccountOf(name)];
  return {
    who: 'action',
    identity: `system:serviceaccount:${where.jobNamespace}:${account}`,
    grant: binding({
      // Named as the opt-in file names it: who opts out takes away both.
      name: clusterRoleOf(name),
      roleRef: clusterRole(clusterRoleOf(name)),
      where,
      subject: accounts.flatMap((one) => serviceAccount(one, where)),
    }),
  };
}

/**
 * Where the action's ServiceAccount has no right at all, it is not one that is missing: nobody has opted in, or the
 * namespace is mistyped.
 */
export function sayNotOptedIn(
  { action, namespace }: Where,
  rows: readonly PermissionRow[],
): string | undefined {
  if (!rows.every(({ allowed }) => allowed === 'no')) return undefined;
  const file = `manifests/opt-in/${action.name}.yaml`;
  return namespace === undefined
    ? `the cluster has not opted in to ${action.name}. Opt in with: kubectl apply -f ${file}`
    : `namespace ${namespace} has not opted in to ${action.name}, or there is no namespace of that name. Opt in with: kubectl apply -n ${namespace} -f ${file}`;
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

/** Whether the pods to come may be rehearsed, in the namespace or clusterwide; without it they are just not. */
export function mayRehearsePods(api: ApiServer, { namespace }: Where): Promise<Review> {
  return reviewAccess(api, { verb: 'create', group: '', resource: 'pods', ...at(namespace) });
}

export function podRehearsalGrant(where: Where): string {
  return binding({
    name: clusterRoleOf(POD_REHEARSER),
    roleRef: clusterRole(clusterRoleOf(POD_REHEARSER)),
    where,
    subject: serviceAccount(POD_REHEARSER, where),
  });
}

async function ask({ api, who, identity, rights, grant }: Asked): Promise<readonly PermissionRow[]> {
  const rows = await reviewAll(api, rights);
  return rows.map((row) => ({ who, identity, ...row, ...(row.allowed === 'yes' ? {} : { grant }) }));
}

function at(namespace: string | undefined): { readonly namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

/** Where an action can only read, there is no Job; where it touches Secrets, a Job rehearses, and there is no token. */
function executorRights(
  { action, jobNamespace: namespace }: Where,
  verbs: readonly string[],
): readonly Right[] {
  const token = { verb: 'create', group: '', resource: 'serviceaccounts', subresource: 'token', namespace };
  const own = { ...token, name: serviceAccountOf(action.name) };
  if (readsOnly(action)) return [own];
  const rehearsesByJob = touchesSecrets(action);
  const create = { verb: 'create', group: 'batch', resource: 'jobs', namespace };
  const plan = rehearsesByJob ? [create] : [own, create];
  if (!verbs.includes('execute') && !rehearsesByJob) return plan;
  return [
    ...plan,
    { verb: 'watch', group: 'batch', resource: 'jobs', namespace },
    { verb: 'delete', group: 'batch', resource: 'jobs', namespace },
    { verb: 'create', group: '', resource: 'secrets', namespace },
    { verb: 'watch', group: '', resource: 'pods', namespace },
    { verb: 'patch', group: '', resource: 'pods', namespace },
    { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace },
    { verb: 'watch', group: '', resource: 'events', namespace },
    { verb: 'watch', group: 'coordination.k8s.io', resource: 'leases', namespace },
  ];
}

interface RoleRef {
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}

interface Binding {
  readonly name: string;
  readonly roleRef: RoleRef;
  readonly where: Where;
  readonly subject: readonly string[];
}

function binding({ name, roleRef, where, subject }: Binding): string {
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${where.namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding'}`,
    metadata(name, where),
    `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${roleRef.kind}, name: "${roleRef.name}"}`,
    'subjects:',
    ...subject,
  ].join('\n');
}

function metadata(name: string, { namespace }: Where): string {
  const place = namespace === undefined ? '' : `, namespace: ${yamlText(namespace)}`;
  return `metadata: {name: ${yamlText(name)}${place}}`;
}

function clusterRole(name: string): RoleRef {
  return { kind: 'ClusterRole', name };
}

/** Who shall only plan is not offered the shipped role, which has `execute` too. */
function targetGrant(user: string, where: Where, verbs: readonly string[]): string {
  const { name } = where.action;
  const subject = subjectOf(user);
  if (verbs.includes('execute')) {
    const bound = `kubernetes-executor-${name}-caller-${slug(user)}`;
    return binding({ name: bound, roleRef: clusterRole(callerRoleOf(name)), where, subject });
  }
  const kind = where.namespace === undefined ? 'ClusterRole' : 'Role';
  const role = `${clusterRoleOf(name)}:plan`;
  const bound = `kubernetes-executor-${name}-planner-${slug(user)}`;
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    `kind: ${kind}`,
    metadata(role, where),
    'rules:',
    `- {apiGroups: [${GROUP}], resources: [actions], resourceNames: [${name}], verbs: [plan]}`,
    '---',
    binding({ name: bound, roleRef: { kind, name: role }, where, subject }),
  ].join('\n');
}

function executorBinding(user: string, { jobNamespace }: Where): string {
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: RoleBinding',
    `metadata: {name: ${CALLER_ROLE}-${slug(user)}, namespace: ${yamlText(jobNamespace)}}`,
    `roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: ${CALLER_ROLE}}`,
    'subjects:',
    ...subjectOf(user),
  ].join('\n');
}

function serviceAccount(name: string, { jobNamespace }: Where): readonly string[] {
  return [`- {kind: ServiceAccount, name: ${name}, namespace: ${yamlText(jobNamespace)}}`];
}

function subjectOf(user: string): readonly string[] {
  const [, , namespace, name] = user.startsWith('system:serviceaccount:') ? user.split(':') : [];
  return namespace !== undefined && name !== undefined
    ? [`- {kind: ServiceAccount, name: ${yamlText(name)}, namespace: ${yamlText(namespace)}}`]
    : [`- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ${yamlText(user)}}`];
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
