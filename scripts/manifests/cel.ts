/** Pieces of CEL that several policies use. */
import { planners } from '../../src/catalog/planners.ts';
import { ANNOTATION, EXECUTOR_NAMESPACE, GROUP, LABEL, undoSecretOf } from '../../src/plan/names.ts';
import type { Validation } from './policy.ts';

export const USER = 'request.userInfo.username';
const SERVICE_ACCOUNT = `system:serviceaccount:${EXECUTOR_NAMESPACE}:`;

/** True of the ServiceAccounts of actions. */
export const IS_ACTION = `${USER}.startsWith(${quote(`${SERVICE_ACCOUNT}action-`)})`;

/** True of the parts of Kubernetes itself that keep Jobs, pods and what they own. */
export const IS_SYSTEM = `(${USER} in ['system:kube-controller-manager', 'system:kube-scheduler'] ||
  ${USER}.startsWith('system:node:') ||
  'system:serviceaccounts:kube-system' in request.userInfo.?groups.orValue([]))`;

/** The ServiceAccount's name in the token's own form. */
export function userOf(serviceAccount: string): string {
  return `${SERVICE_ACCOUNT}${serviceAccount}`;
}

/** What a token says of the pod it is bound to, as a list that is empty for other tokens. */
export function boundTo(claim: 'pod-name' | 'pod-uid'): string {
  return `request.userInfo.?extra.orValue({})[?'authentication.kubernetes.io/${claim}'].orValue([])`;
}

export function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

export function listOf(texts: readonly string[]): string {
  return `[${texts.map(quote).join(', ')}]`;
}

/** A map has these keys at most. What a later Kubernetes adds is refused until it is listed. */
export function onlyKeys(map: string, keys: readonly string[], subject: string): Validation {
  return {
    expression: `${map}.all(k, k in ${listOf(keys)})`,
    message: {
      cel: `${quote(`${subject} may not set `)} + ${map}.filter(k, !(k in ${listOf(keys)})).join(', ')`,
    },
  };
}

/** Variables that say which action an execution is of, and where, read off the labels of `object`. */
export function declaredBy(object: 'object' | 'oldObject'): Readonly<Record<string, string>> {
  return {
    labels: `${object}.metadata.?labels.orValue({})`,
    action: `variables.labels[?${quote(LABEL.action)}].orValue('')`,
    target: `variables.labels[?${quote(LABEL.namespace)}].orValue('')`,
    inCluster: `variables.labels[?${quote(LABEL.scope)}].orValue('') == 'cluster'`,
    rehearses: `variables.labels[?${quote(LABEL.rehearses)}].orValue('') == 'true'`,
    rollbackSettings: `${object}.metadata.?annotations.orValue({})[?${quote(ANNOTATION.rollbackSettings)}].orValue('')`,
    valuesHash: `${object}.metadata.?annotations.orValue({})[?${quote(ANNOTATION.valuesHash)}].orValue('')`,
  };
}

/** Variables about the plan that is mounted: the Job's own, or for a rollback that of the execution to undo, or what its executor has kept. */
export const MOUNTED_PLAN = {
  rollsBack: `variables.labels[?${quote(LABEL.rollsBack)}].orValue('')`,
  plan: `variables.rollsBack == '' ? variables.job : variables.rollsBack +
    (variables.action in ${listOf(planners.map(({ name }) => name))} ? ${quote(undoSecretOf(''))} : '')`,
};

/** What an execution keeps for its undo is in a Secret with a name that an execution could have: it is mounted as no plan. */
export const ROLLS_BACK_EXECUTION: Validation = {
  expression: `!(${quote(LABEL.rollsBack)} in variables.labels) ||
    (variables.rollsBack.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && !variables.rollsBack.endsWith(${quote(undoSecretOf(''))}))`,
  message: `the label ${LABEL.rollsBack} must be the id of an execution`,
};

/** CEL for the executor's arguments; `planHash` is CEL as well. */
export function argumentsWith(planHash: string): string {
  return `['/executor/executor.mjs', '--plan-hash=' + ${planHash}, '--action=' + variables.action,
  variables.inCluster ? '--cluster' : '--namespace=' + variables.target] +
  (variables.rollsBack == '' ? [] : ['--rolls-back=' + variables.rollsBack, '--rollback-settings=' + variables.rollbackSettings]) +
  (variables.rehearses ? ['--rehearse'] : []) +
  (variables.valuesHash == '' ? [] : ['--values-hash=' + variables.valuesHash])`;
}

/** Asks RBAC for the virtual verb, which is CEL, on the action declared: in its namespace, or clusterwide. */
export function mayDo(verb: string): string {
  const actions = `authorizer.group(${quote(GROUP)}).resource('actions')`;
  return `(variables.inCluster
  ? ${actions}.name(variables.action).check(${verb}).allowed()
  : variables.target != '' && ${actions}.namespace(variables.target).name(variables.action).check(${verb}).allowed())`;
}

/**
 * Asks RBAC for the virtual verb `use` on the ServiceAccount that `account`, which is CEL, names in the request's
 * namespace. Two such questions are what an expression may cost; a third is refused as an error.
 */
export function mayUse(account: string): string {
  const accounts = `authorizer.group(${quote(GROUP)}).resource('serviceaccounts').namespace(request.?namespace.orValue(''))`;
  return `${accounts}.name(${account}).check('use').allowed()`;
}

/** CEL that ends a sentence: `scale-deployment in namespace shop`. */
export const WHAT_AND_WHERE = `variables.action + (variables.inCluster ? ' in the whole cluster' : ' in namespace ' + variables.target)`;
