/** Who may do what with Kubernetes' own rights: RBAC of the caller, the executor, and of each action. */
import { type Action, type PolicyRule, touchesSecrets } from '../../src/catalog/action.ts';
import {
  aggregationLabelOf,
  CALLER_ROLE,
  callerRoleOf,
  clusterRoleOf,
  EXECUTOR_NAMESPACE,
  GROUP,
  INSTALLATION,
  LOCK_NAMESPACE,
  POD_REHEARSER,
  rehearsingAccountOf,
  serviceAccountOf,
} from '../../src/plan/names.ts';
import type { Manifest } from './yaml.ts';

/** Members may use the executor; what they may do where is up to the namespaces. */
export const CALLERS = 'kubernetes-executor:callers';
const EXECUTOR_ROLE = 'kubernetes-executor';
const REHEARSER_ROLE = clusterRoleOf(POD_REHEARSER);
const RBAC = 'rbac.authorization.k8s.io';
const EXECUTORS = `system:serviceaccounts:${EXECUTOR_NAMESPACE}`;

/** What of a catalogue entry an installation is made of. */
export type InstalledAction = Pick<
  Action,
  'name' | 'scope' | 'permissions' | 'writableFields' | 'takesManifest'
>;

/** The caller's Role in both namespaces, bound to the group of callers. */
export function callerAccess(
  actions: readonly InstalledAction[],
  programs: readonly string[],
): readonly Manifest[] {
  return [
    role(CALLER_ROLE, EXECUTOR_NAMESPACE, callerRules(actions, programs)),
    roleBinding(CALLER_ROLE, { kind: 'Role', name: CALLER_ROLE }, [group(CALLERS)], EXECUTOR_NAMESPACE),
    role(CALLER_ROLE, LOCK_NAMESPACE, [rule('coordination.k8s.io', ['leases'], ['get', 'list', 'watch'])]),
    roleBinding(CALLER_ROLE, { kind: 'Role', name: CALLER_ROLE }, [group(CALLERS)], LOCK_NAMESPACE),
  ];
}

function callerRules(actions: readonly InstalledAction[], programs: readonly string[]): readonly Manifest[] {
  const rehearsing = actions
    .filter((action) => !touchesSecrets(action))
    .map(({ name }) => serviceAccountOf(name));
  return [
    rule('batch', ['jobs'], ['create', 'delete', 'get', 'list', 'watch']),
    rule('', ['secrets'], ['create']),
    rule('', ['serviceaccounts/token'], ['create'], [...rehearsing, POD_REHEARSER]),
    rule('', ['pods'], ['get', 'list', 'watch', 'patch']),
    rule('', ['pods/log'], ['get']),
    rule('', ['events'], ['get', 'list', 'watch']),
    rule('coordination.k8s.io', ['leases'], ['get', 'list', 'watch']),
    rule('', ['configmaps'], ['get'], [INSTALLATION, ...programs]),
  ];
}

/** For the journal, the locks and a look at the pods of others; the same for every action. */
export function executorAccess(): readonly Manifest[] {
  const binding = (namespace: string) =>
    roleBinding(EXECUTOR_ROLE, { kind: 'Role', name: EXECUTOR_ROLE }, [group(EXECUTORS)], namespace);
  return [
    role(EXECUTOR_ROLE, EXECUTOR_NAMESPACE, [
      rule('coordination.k8s.io', ['leases'], ['get', 'create', 'update', 'patch']),
      rule('', ['pods'], ['get', 'list']),
    ]),
    binding(EXECUTOR_NAMESPACE),
    role(EXECUTOR_ROLE, LOCK_NAMESPACE, [
      rule('coordination.k8s.io', ['leases'], ['get', 'list', 'watch', 'create', 'update']),
    ]),
    binding(LOCK_NAMESPACE),
  ];
}

/** The identity that rehearses pods. */
export function rehearserAccess(): readonly Manifest[] {
  return [serviceAccount(POD_REHEARSER), clusterRole(REHEARSER_ROLE, [rule('', ['pods'], ['create'])])];
}

/** What an action is in the cluster: its identity, its rights where it is opted in, and the right to ask for it. */
export function actionAccess(action: InstalledAction): readonly Manifest[] {
  const { name, permissions } = action;
  return [
    ...accountsOf(action).map(serviceAccount),
    ...(action.takesManifest === undefined
      ? [clusterRole(clusterRoleOf(name), permissions.map(renderPermission))]
      : aggregatedRoles(name, permissions)),
    clusterRole(callerRoleOf(name), [rule(GROUP, ['actions'], ['plan', 'execute'], [name])]),
    ...(touchesSecrets(action) ? keepsUndo(action) : []),
  ];
}

/** One that touches Secrets has a second identity, which observes and rehearses for it in Jobs. */
function accountsOf(action: InstalledAction): readonly string[] {
  const { name } = action;
  return touchesSecrets(action)
    ? [serviceAccountOf(name), rehearsingAccountOf(name)]
    : [serviceAccountOf(name)];
}

/** What its undo needs can't be in its plan, so its executor keeps it in a Secret; it can read none here. */
function keepsUndo({ name }: InstalledAction): readonly Manifest[] {
  const roleName = `${EXECUTOR_ROLE}-${name}`;
  const binding = { kind: 'Role', name: roleName } as const;
  return [
    role(roleName, EXECUTOR_NAMESPACE, [rule('', ['secrets'], ['create'])]),
    roleBinding(roleName, binding, [serviceAccountSubject(serviceAccountOf(name))], EXECUTOR_NAMESPACE),
  ];
}

/** The bindings with which a namespace opts in; they name no namespace, so that one file serves all. */
export function optIn(action: InstalledAction): readonly Manifest[] {
  const { name, scope } = action;
  const bind = scope === 'cluster' ? clusterRoleBinding : roleBinding;
  const clusterRoleRef = (role: string): RoleName => ({ kind: 'ClusterRole', name: role });
  return [
    bind(
      clusterRoleOf(name),
      clusterRoleRef(clusterRoleOf(name)),
      accountsOf(action).map(serviceAccountSubject),
    ),
    bind(callerRoleOf(name), clusterRoleRef(callerRoleOf(name)), [group(CALLERS)]),
    // Every caller may have a token of this account, so none of the cluster's actions opens it all namespaces.
    ...(scope === 'cluster'
      ? []
      : [
          roleBinding(REHEARSER_ROLE, clusterRoleRef(REHEARSER_ROLE), [serviceAccountSubject(POD_REHEARSER)]),
        ]),
  ];
}

/** The kinds that it may apply or delete are what installers add under its label; of its own it has what every run reads. */
function aggregatedRoles(name: string, permissions: readonly PolicyRule[]): readonly Manifest[] {
  const matchLabels = { [aggregationLabelOf(name)]: 'true' };
  const base = clusterRole(`${clusterRoleOf(name)}:base`, permissions.map(renderPermission));
  return [
    {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: clusterRoleOf(name) },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels }] },
    },
    { ...base, metadata: { name: `${clusterRoleOf(name)}:base`, labels: matchLabels } },
  ];
}

function renderPermission({ apiGroups, resources, verbs }: PolicyRule): Manifest {
  return { apiGroups, resources, verbs };
}

function rule(
  apiGroup: string,
  resources: readonly string[],
  verbs: readonly string[],
  resourceNames?: readonly string[],
): Manifest {
  return {
    apiGroups: [apiGroup],
    resources,
    ...(resourceNames === undefined ? {} : { resourceNames }),
    verbs,
  };
}

function serviceAccount(name: string): Manifest {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: EXECUTOR_NAMESPACE } };
}

function role(name: string, namespace: string, rules: readonly Manifest[]): Manifest {
  return { apiVersion: `${RBAC}/v1`, kind: 'Role', metadata: { name, namespace }, rules };
}

function clusterRole(name: string, rules: readonly Manifest[]): Manifest {
  return { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name }, rules };
}

interface RoleName {
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}

function roleBinding(
  name: string,
  { kind, name: bound }: RoleName,
  subjects: readonly Manifest[],
  namespace?: string,
): Manifest {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'RoleBinding',
    metadata: namespace === undefined ? { name } : { name, namespace },
    roleRef: { apiGroup: RBAC, kind, name: bound },
    subjects,
  };
}

function clusterRoleBinding(name: string, roleName: RoleName, subjects: readonly Manifest[]): Manifest {
  return { ...roleBinding(name, roleName, subjects), kind: 'ClusterRoleBinding' };
}

function group(name: string): Manifest {
  return { apiGroup: RBAC, kind: 'Group', name };
}

function serviceAccountSubject(name: string): Manifest {
  return { kind: 'ServiceAccount', name, namespace: EXECUTOR_NAMESPACE };
}
