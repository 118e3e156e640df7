/**
 * The actions that take a manifest write whole objects of many kinds, so no list of fields can hold them. This holds them
 * to what a manifest may be about instead, whatever rights installers have given them.
 */
import type { Action } from '../../src/catalog/action.ts';
import { CLOSED_GROUPS, CLOSED_KINDS, KEPT_KINDS } from '../../src/plan/manifest.ts';
import { EXECUTOR_NAMESPACE, GROUP, LOCK_NAMESPACE, serviceAccountOf } from '../../src/plan/names.ts';
import { listOf, mayUse, quote, USER, userOf } from './cel.ts';
import { EVERYTHING, SELF_REVIEWS } from './identity-policies.ts';
import type { Policy, Validation } from './policy.ts';

export type ManifestAction = Pick<Action, 'name' | 'scope' | 'takesManifest'>;

/** None for actions that take no manifest. */
export function manifestPolicies(action: ManifestAction): readonly Policy[] {
  return action.takesManifest === undefined ? [] : [manifestPolicy(action)];
}

function manifestPolicy(action: ManifestAction): Policy {
  const { name } = action;
  return {
    name: `${name}-objects`,
    rules: [EVERYTHING],
    exceptRules: [SELF_REVIEWS],
    conditions: {
      'its-service-account': `${USER} == ${quote(userOf(serviceAccountOf(name)))}`,
      'not-its-own-leases': `!(request.resource.resource == 'leases' &&
        request.?namespace.orValue('') in ${listOf([EXECUTOR_NAMESPACE, LOCK_NAMESPACE])})`,
    },
    variables: {
      object: 'dyn(object)',
      old: 'dyn(oldObject)',
      pod: POD_SPEC,
      names: NAMES,
      accounts: ACCOUNTS,
    },
    validations: [
      closedGroups(name),
      closedKinds(name),
      {
        expression: `request.operation != 'CONNECT' && request.?subResource.orValue('') in ['', 'status', 'scale']`,
        message: `${name} writes objects, and no subresources but status and scale`,
      },
      ...(action.scope === 'cluster' ? [] : [inOneNamespace(name)]),
      ...(action.takesManifest === 'delete' ? [keptKinds(name)] : []),
      ...(action.scope === 'cluster' ? [podSecurityStays(name), noConversionWebhook(name)] : []),
      ownAccountsOnly(name),
      noOwners(name),
    ],
  };
}

/** Of a pod, or of those that the object makes; null where it makes none. */
const POD_SPEC = `object == null ? null :
  variables.object.?kind.orValue('') == 'PodTemplate' ? variables.object.?template.?spec.orValue(null) :
  !has(variables.object.spec) || variables.object.spec == null ? null :
  variables.object.?kind.orValue('') == 'Pod' ? variables.object.spec :
  has(variables.object.spec.jobTemplate) ? variables.object.spec.jobTemplate.?spec.?template.?spec.orValue(null) :
  has(variables.object.spec.template) ? variables.object.spec.template.?spec.orValue(null) : null`;

/** By both names that the field has; custom resources that run pods have the first in their spec. */
const NAMES = `['serviceAccountName', 'serviceAccount'].map(field,
  variables.pod == null ? '' : string(variables.pod[?field].orValue(''))) +
  [object == null ? '' : string(variables.object.?spec.?serviceAccountName.orValue(''))]`;

/** Each once, since asking costs. */
const ACCOUNTS = `[0, 1, 2].filter(at, !(variables.names[at] in ['', 'default']) &&
  [0, 1, 2].all(before, before >= at || variables.names[before] != variables.names[at])).map(at, variables.names[at])`;

function closedGroups(name: string): Validation {
  return {
    expression: `!(request.resource.group in ${listOf(CLOSED_GROUPS)})`,
    message: {
      cel: `${quote(`${name} may not touch `)} + request.resource.group + ': who writes there decides who may do what'`,
    },
  };
}

function closedKinds(name: string): Validation {
  return {
    expression: `!(request.resource.group == '' && request.resource.resource in ${listOf(CLOSED_KINDS.map(({ resource }) => resource))})`,
    message: { cel: `${quote(`${name} may not touch `)} + request.resource.resource` },
  };
}

function inOneNamespace(name: string): Validation {
  return {
    expression: `request.?namespace.orValue('') != '' && request.resource.resource != 'namespaces'`,
    message: `${name} works in a namespace, not on objects of the whole cluster`,
  };
}

function keptKinds(name: string): Validation {
  const kept = listOf(KEPT_KINDS.map(({ resource }) => resource));
  return {
    expression: `!(request.operation == 'DELETE' && request.resource.resource in ${kept})`,
    message: {
      cel: `${quote(`${name} may not delete `)} + request.resource.resource + ': their data would be lost'`,
    },
  };
}

/** What pods a namespace lets in is not for manifests to loosen. */
function podSecurityStays(name: string): Validation {
  const key = "k.startsWith('pod-security.kubernetes.io/')";
  const labels = (object: string) => `variables.${object}.?metadata.?labels.orValue({})`;
  return {
    expression: `request.resource.resource != 'namespaces' || object == null || (request.operation == 'CREATE'
      ? ${labels('object')}[?'pod-security.kubernetes.io/enforce'].orValue('') != 'privileged'
      : [${labels('object')}, ${labels('old')}].all(each, each.all(k, !${key} || ${labels('object')}[?k] == ${labels('old')}[?k])))`,
    message: `${name} may not loosen the pod security of a namespace`,
  };
}

/** A conversion webhook sees and may rewrite every object of its kind. */
function noConversionWebhook(name: string): Validation {
  return {
    expression: `request.resource.resource != 'customresourcedefinitions' || object == null ||
      variables.object.?spec.?conversion.?strategy.orValue('None') == 'None'`,
    message: `${name} may not give a CustomResourceDefinition a conversion webhook`,
  };
}

function ownAccountsOnly(name: string): Validation {
  return {
    expression: `variables.accounts.all(account, ${mayUse('account')})`,
    message: {
      cel: `${quote(`${name} may not run pods here as serviceaccount `)} + variables.accounts.join(', ') + ': let it use serviceaccounts.${GROUP} of that name'`,
    },
  };
}

/** The policy on all actions holds updates; what is new has none. */
function noOwners(name: string): Validation {
  return {
    expression: `request.operation != 'CREATE' || object == null || variables.object.?metadata.?ownerReferences.orValue([]).size() == 0`,
    message: `${name} may not give objects an owner, with which they would be deleted`,
  };
}
