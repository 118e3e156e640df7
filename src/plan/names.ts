/** Names that step, executor and manifests share. Changing one is a new installation. */

export const GROUP = 'kubernetesexecution.kubernaut.io';
export const EXECUTOR_NAMESPACE = 'kubernetes-executor';
export const LOCK_NAMESPACE = 'kubernetes-executor-locks';
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
} as const;

export const ANNOTATION = {
  createdBy: `${GROUP}/created-by`,
  planHash: `${GROUP}/plan-hash`,
  target: `${GROUP}/target`,
  summary: `${GROUP}/summary`,
  /** On the journal: the executor's verdict as JSON. */
  verdict: `${GROUP}/verdict`,
} as const;

/** The ServiceAccount under which the Jobs of an action run. */
export function serviceAccountOf(action: string): string {
  return `action-${action}`;
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
