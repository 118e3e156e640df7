/** What an execution leaves in the cluster: its plan's Secret, its journal, and the locks it holds. */
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE, undoSecretOf } from '../../src/plan/names.ts';
import { boundTo, IS_ACTION, IS_SYSTEM, quote } from './cel.ts';
import type { Policy } from './policy.ts';

const SECRETS = { groups: [''], versions: ['v1'], resources: ['secrets'] };
const LEASES = { groups: ['coordination.k8s.io'], versions: ['v1'], resources: ['leases'] };
const PULL_SECRETS = `['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg']`;

/** Who may update Secrets here is an administrator: callers may only create them. */
const IS_ADMINISTRATOR = `authorizer.group('').resource('secrets').namespace(${quote(EXECUTOR_NAMESPACE)}).check('update').allowed()`;

export const createSecrets: Policy = {
  name: 'secrets',
  rules: [{ ...SECRETS, operations: ['CREATE'] }],
  namespace: EXECUTOR_NAMESPACE,
  variables: {
    owners: 'object.metadata.?ownerReferences.orValue([])',
    own: `${IS_ACTION} ? variables.owners[0].name + ${quote(undoSecretOf(''))} : variables.owners[0].name`,
  },
  validations: [
    {
      expression: `object.?type.orValue('Opaque') == 'Opaque'
        ? object.?immutable.orValue(false) && variables.owners.size() == 1 && variables.owners[0].kind == 'Job' &&
          variables.owners[0].apiVersion == 'batch/v1' && variables.own == object.metadata.name
        : object.type in ${PULL_SECRETS} && ${IS_ADMINISTRATOR}`,
      message:
        'a Secret here is the plan of an execution, or what its undo needs: of type Opaque, immutable, and owned by the Job of its own name; administrators may add pull secrets',
    },
    {
      expression: `!(${IS_ACTION}) || (variables.owners.size() == 1 && ${isPodOf('variables.owners[0].name')})`,
      message: 'what an undo needs is kept by the pod of its own Job alone',
    },
  ],
};

export const keepSecrets: Policy = {
  name: 'secrets-stay',
  rules: [{ ...SECRETS, operations: ['UPDATE'] }],
  namespace: EXECUTOR_NAMESPACE,
  conditions: { 'not-kubernetes-itself': `!${IS_SYSTEM}` },
  validations: [
    {
      expression: `oldObject.?type.orValue('Opaque') in ${PULL_SECRETS}`,
      message: 'the plan of an execution is immutable, with its metadata',
    },
  ],
};

/** CEL: the request comes from a pod of the Job of that name, which is CEL as well. */
function isPodOf(job: string): string {
  return `${boundTo('pod-name')}.exists(pod, pod.startsWith(${job} + '-') &&
    pod.substring(${job}.size() + 1).matches('^[a-z0-9]{5}$'))`;
}

/** A verdict can't be written by another execution: the pod's name in the token is that of the Job and five characters. */
export const writeJournals: Policy = {
  name: 'journals',
  rules: [{ ...LEASES, operations: ['CREATE', 'UPDATE', 'DELETE'] }],
  namespace: EXECUTOR_NAMESPACE,
  conditions: { 'an-action': IS_ACTION },
  variables: { name: 'object == null ? oldObject.metadata.name : object.metadata.name' },
  validations: [
    {
      expression: `request.operation != 'DELETE' && ${isPodOf('variables.name')}`,
      message: 'a journal is written by the pod of its Job alone',
    },
    {
      expression: `request.operation != 'CREATE' ||
        object.metadata.?ownerReferences.orValue([]).map(owner, owner.kind + '/' + owner.name) == ['Job/' + variables.name]`,
      message: 'a journal is owned by the Job of its own name',
    },
  ],
};

/** Whoever writes a lock takes it for itself or gives up its own. */
export const holdLocks: Policy = {
  name: 'locks',
  rules: [{ ...LEASES, operations: ['CREATE', 'UPDATE', 'DELETE'] }],
  namespace: LOCK_NAMESPACE,
  conditions: { 'an-action': IS_ACTION },
  variables: {
    self: `${quote(`${EXECUTOR_NAMESPACE}/`)} + ${boundTo('pod-name')}[?0].orValue('') + '/' + ${boundTo('pod-uid')}[?0].orValue('')`,
    holder: `object == null ? '' : object.spec.?holderIdentity.orValue('')`,
    previous: `oldObject == null ? '' : oldObject.spec.?holderIdentity.orValue('')`,
  },
  validations: [
    {
      expression: `request.operation != 'DELETE'`,
      message:
        'a lock is released by clearing its holder, never deleted: its leaseTransitions must go on growing',
    },
    {
      expression: `variables.holder == variables.self || (variables.holder == '' && variables.previous in ['', variables.self])`,
      message: 'the holder of a lock is the pod that writes it, and it is cleared by its holder alone',
    },
  ],
};
