/** Names that step, executor and manifests share. Changing one is a new installation. */

export const GROUP = 'kubernetesexecution.kubernaut.io';
export const EXECUTOR_NAMESPACE = 'kubernetes-executor';
export const LOCK_NAMESPACE = 'kubernetes-executor-locks';
/** Where a mistake takes the cluster or this executor with it: an installation's list, unless it has another. */
export const PROTECTED_NAMESPACES = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  EXECUTOR_NAMESPACE,
  LOCK_NAMESPACE,
];
/** The ConfigMap in which an installation says which images and executor programs it accepts. */
export const INSTALLATION = 'executor-installation';
export const FIELD_MANAGER = 'kubernetes-executor';
/** Rehearses pod templates; admission holds it to dry runs, even from a pod. */
export const POD_REHEARSER = 'rehearse-pods';

export const LABEL = {
  action: `${GROUP}/action`,
  executionId: `${GROUP}/execution-id`,
  /** The namespace that the Job may write in; absent for cluster-scoped actions, which carry `scope: cluster`. */
  namespace: `${GROUP}/namespace`,
  scope: `${GROUP}/scope`,
  /** On a rollback: the execution whose plan it mounts and undoes. */
  rollsBack: `${GROUP}/rolls-back`,
  /** `true` on a Job that observes, plans and rehearses, and changes nothing. */
  rehearses: `${GROUP}/rehearses`,
} as const;

export const ANNOTATION = {
  createdBy: `${GROUP}/created-by`,
  planHash: `${GROUP}/plan-hash`,
  /** Of the values that are mounted with a question. */
  valuesHash: `${GROUP}/values-hash`,
  /** On a rollback: what its inputs say of locks and times, in the executor's arguments too. */
  rollbackSettings: `${GROUP}/rollback-settings`,
  target: `${GROUP}/target`,
  summary: `${GROUP}/summary`,
  /** On the journal: the executor's verdict as JSON. */
  verdict: `${GROUP}/verdict`,
  /** On the journal of a Job that rehearses: what it has planned and what the API server said, as JSON. */
  answer: `${GROUP}/answer`,
} as const;

/** The Role that makes a caller, in the executor's namespace and in that of the locks. */
export const CALLER_ROLE = 'kubernetes-executor-caller';

/** The ServiceAccount under which the Jobs of an action run. */
export function serviceAccountOf(action: string): string {
  return `action-${action}`;
}

/** Observes and rehearses in a Job for an action that touches Secrets; admission holds it to dry runs, also in its pod. */
export function rehearsingAccountOf(action: string): string {
  return `${serviceAccountOf(action)}-rehearse`;
}

/** The Secret that keeps what an execution is to be undone with, where its plan may not hold that. */
export function undoSecretOf(executionId: string): string {
  return `${executionId}-undo`;
}

/** The ClusterRole with what an action needs in a namespace that opted in. */
export function clusterRoleOf(action: string): string {
  return `kubernetes-executor:${action}`;
}

/** The ClusterRole with the virtual verbs `plan` and `execute` on one action. */
export function callerRoleOf(action: string): string {
  return `kubernetes-executor:${action}:execute`;
}

/** On ClusterRoles whose rules an any-object action shall have wherever it is opted in. */
export function aggregationLabelOf(action: string): string {
  return `${GROUP}/aggregate-to-${action}`;
}
