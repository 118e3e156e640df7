/** Pods in the executor's namespace come from the Job controller, keep their shape, and can't be entered. */
import { EXECUTOR_NAMESPACE } from '../../src/plan/names.ts';
import { argumentsWith, declaredBy, IS_SYSTEM, MOUNTED_PLAN, ROLLS_BACK_EXECUTION, USER } from './cel.ts';
import { livePodShape, SHAPE_VARIABLES } from './pod-shape.ts';
import type { Policy } from './policy.ts';

const PODS = { groups: [''], versions: ['v1'], resources: ['pods'] };

export const createPods: Policy = {
  name: 'pods',
  rules: [{ ...PODS, operations: ['CREATE'] }],
  namespace: EXECUTOR_NAMESPACE,
  readsInstallation: true,
  variables: {
    ...declaredBy('object'),
    pod: 'dyn(object.spec)',
    job: `object.metadata.?ownerReferences.orValue([]).filter(owner, owner.kind == 'Job').map(owner, owner.name)[?0].orValue('')`,
    ...MOUNTED_PLAN,
    ...SHAPE_VARIABLES,
    planHash: `string(variables.container.?args[?1].orValue('')).replace('--plan-hash=', '')`,
  },
  validations: [
    {
      expression: `${USER} in ['system:serviceaccount:kube-system:job-controller', 'system:kube-controller-manager']`,
      message: 'pods are created here by the Job controller alone',
    },
    {
      expression: `variables.job != '' && object.metadata.name.startsWith(variables.job + '-')`,
      message: 'pods here belong to the Job that they are named after',
    },
    {
      expression: `variables.planHash.matches('^sha256:[0-9a-f]{64}$')`,
      message: "the hash in the executor's arguments must be sha256: and 64 hexadecimal digits",
    },
    ROLLS_BACK_EXECUTION,
    ...livePodShape(argumentsWith('variables.planHash')),
  ],
};

/**
 * A new image restarts a container in spite of `restartPolicy: Never`; without its labels the Job controller lets a
 * pod go and starts a second one. So all stays, but the deadline, which may come nearer.
 */
export const keepPods: Policy = {
  name: 'pods-stay',
  rules: [{ ...PODS, operations: ['UPDATE'] }],
  namespace: EXECUTOR_NAMESPACE,
  variables: { new: 'dyn(object.spec)', old: 'dyn(oldObject.spec)' },
  validations: [
    {
      expression: `[variables.new, variables.old].all(each, each.all(k, k == 'activeDeadlineSeconds' || variables.new[?k] == variables.old[?k]))`,
      message: 'the pod of an execution is immutable, but for its activeDeadlineSeconds',
    },
    {
      expression: `variables.new.?activeDeadlineSeconds.orValue(2147483647) <= variables.old.?activeDeadlineSeconds.orValue(2147483647)`,
      message: "the deadline of an execution's pod may only be brought nearer",
    },
    {
      expression: `${IS_SYSTEM} || (object.metadata.?labels == oldObject.metadata.?labels &&
        object.metadata.?annotations == oldObject.metadata.?annotations &&
        object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences &&
        object.metadata.?finalizers == oldObject.metadata.?finalizers)`,
      message: "labels, annotations, ownerReferences and finalizers of an execution's pod are immutable",
    },
  ],
};

export const closePods: Policy = {
  name: 'pods-closed',
  rules: [
    {
      groups: [''],
      versions: ['v1'],
      resources: ['pods/ephemeralcontainers', 'pods/resize'],
      operations: ['UPDATE'],
    },
    {
      groups: [''],
      versions: ['v1'],
      resources: ['pods/exec', 'pods/attach', 'pods/portforward', 'pods/proxy'],
      operations: ['CONNECT'],
    },
  ],
  namespace: EXECUTOR_NAMESPACE,
  validations: [
    {
      expression: 'false',
      message: "no exec, attach, port-forward, proxy, debug container or resize in an execution's pod",
    },
  ],
};
