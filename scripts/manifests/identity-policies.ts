/** What the ServiceAccounts of actions may do beyond what RBAC says: rehearse from anywhere, act from their pods alone. */
import { KEPT_BY_OTHERS } from '../../src/catalog/plan-secret-update.ts';
import {
  EXECUTOR_NAMESPACE,
  INSTALLATION,
  LOCK_NAMESPACE,
  POD_REHEARSER,
  serviceAccountOf,
} from '../../src/plan/names.ts';
import { boundTo, IS_ACTION, listOf, quote, USER, userOf } from './cel.ts';
import type { Policy, Rule } from './policy.ts';

export const EVERYTHING: Rule = {
  groups: ['*'],
  versions: ['*'],
  resources: ['*/*'],
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
};
/** Questions about oneself, which change nothing and know no dry run. */
export const SELF_REVIEWS: Rule = {
  groups: ['authorization.k8s.io', 'authentication.k8s.io'],
  versions: ['*'],
  resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'selfsubjectreviews'],
  operations: ['*'],
};

export const actFromPods: Policy = {
  name: 'identity',
  rules: [EVERYTHING],
  exceptRules: [SELF_REVIEWS],
  conditions: { 'an-action': IS_ACTION },
  validations: [
    {
      expression: `request.dryRun || ${boundTo('pod-name')}.size() > 0`,
      message: 'a token of an action that is not bound to its pod may only rehearse (dryRun)',
    },
  ],
};

export const rehearseOnly: Policy = {
  name: 'rehearse',
  rules: [EVERYTHING],
  exceptRules: [SELF_REVIEWS],
  conditions: {
    'a-rehearser': `${USER} == ${quote(userOf(POD_REHEARSER))} || (${IS_ACTION} && ${USER}.endsWith('-rehearse'))`,
    'not-its-own-journal': `!(${IS_ACTION} && request.resource.resource == 'leases' && request.operation in ['CREATE', 'UPDATE'] &&
      request.?namespace.orValue('') == ${quote(EXECUTOR_NAMESPACE)})`,
  },
  validations: [
    {
      expression: 'request.dryRun',
      message: { cel: `${USER} + ' may only rehearse (dryRun), also in a pod'` },
    },
  ],
};

/**
 * The kubelet alone gets tokens that are bound to a pod; all others are short-lived, can only rehearse, and serve no
 * service but the API server. It fills in its own audiences before admission, so what was asked for can't be told from
 * what it chose: the installation lists them.
 */
export const shortTokens: Policy = {
  name: 'tokens',
  readsInstallation: true,
  rules: [{ groups: [''], versions: ['v1'], resources: ['serviceaccounts/token'], operations: ['CREATE'] }],
  namespace: EXECUTOR_NAMESPACE,
  conditions: { 'not-a-node': `!${USER}.startsWith('system:node:')` },
  variables: {
    known: `params.data[?'audiences'].orValue('').split(' ')`,
    strange: 'object.spec.audiences.filter(each, !(each in variables.known))',
  },
  validations: [
    {
      expression: `object.spec.?boundObjectRef.orValue(null) == null && object.spec.?expirationSeconds.orValue(3600) <= 600`,
      message: 'tokens of this namespace are bound to nothing and live 600 s at most',
    },
    {
      // Null is seen for a second, in an upgrade from a version whose binding named no ConfigMap; a missing one is refused.
      expression: 'params == null || variables.strange.size() == 0',
      message: {
        cel: `'tokens of this namespace are for the API server alone, not for ' + variables.strange.join(', ') +
          '; audiences in configmap/${INSTALLATION} must list those of the API server, and lists: ' + variables.known.join(', ')`,
      },
    },
  ],
};

/** Even where somebody bound an action's ClusterRole clusterwide. */
export const protectNamespaces: Policy = {
  name: 'protected-namespaces',
  rules: [EVERYTHING],
  readsInstallation: true,
  conditions: {
    'an-action': IS_ACTION,
    // A node is not free before the pods of kube-system have left it; executions are waited for.
    'not-an-eviction-by-a-drain': `!(${USER} == ${quote(userOf(serviceAccountOf('drain-node')))} &&
      request.?subResource.orValue('') == 'eviction' && !(request.?namespace.orValue('') in [${quote(EXECUTOR_NAMESPACE)}, ${quote(LOCK_NAMESPACE)}]))`,
    'not-its-own-leases': `!(request.resource.resource == 'leases' &&
      request.?namespace.orValue('') in [${quote(EXECUTOR_NAMESPACE)}, ${quote(LOCK_NAMESPACE)}])`,
    'not-what-its-undo-needs': `!(request.resource.resource == 'secrets' && request.operation == 'CREATE' &&
      request.?namespace.orValue('') == ${quote(EXECUTOR_NAMESPACE)})`,
  },
  validations: [
    {
      expression: `!(request.?namespace.orValue('') in params.data.protectedNamespaces.replace('\\n', ' ').split(' ').filter(one, one != ''))`,
      message: {
        cel: `'namespace ' + request.?namespace.orValue('') + ' is protected: no action may write there'`,
      },
    },
  ],
};

/** Tokens of ServiceAccounts and bootstrap tokens are identities; a release of Helm is its whole record. */
export const keepCredentials: Policy = {
  name: 'kept-secrets',
  rules: [{ groups: [''], versions: ['v1'], resources: ['secrets'], operations: ['UPDATE'] }],
  conditions: { 'an-action': IS_ACTION },
  validations: [
    {
      expression: `!(oldObject.?type.orValue('Opaque') in ${listOf(KEPT_BY_OTHERS)})`,
      message: { cel: `'no action may change a Secret of type ' + oldObject.?type.orValue('')` },
    },
  ],
};

/** With `patch` alone, an owner that does not exist has the garbage collector delete the object. */
export const keepOwners: Policy = {
  name: 'owner-references',
  rules: [{ ...EVERYTHING, operations: ['UPDATE'] }],
  conditions: { 'an-action': IS_ACTION },
  validations: [
    {
      expression: `dyn(object).?metadata.?ownerReferences == dyn(oldObject).?metadata.?ownerReferences`,
      message: 'actions may not change ownerReferences',
    },
  ],
};
