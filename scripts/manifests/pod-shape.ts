/**
 * The one shape that an executor's pod may have, in the Job's template and in the pod itself. The expressions read
 * these variables: `pod` (the spec), `container`, `volumes`, `mounts`, `plans` (names that its Secret may have), `action`, `target`
 * (its namespace), `inCluster`, `rehearses` and the installation as `params`.
 */
import { onlyKeys } from './cel.ts';
import type { Validation } from './policy.ts';

/** How long a pod may run, and how long its end may take. */
const LONGEST_RUN_SECONDS = 7200;
const LONGEST_GRACE_SECONDS = 120;

const POD_KEYS = [
  'activeDeadlineSeconds',
  'affinity',
  'containers',
  'dnsPolicy',
  'enableServiceLinks',
  'restartPolicy',
  'schedulerName',
  'securityContext',
  'serviceAccount',
  'serviceAccountName',
  'terminationGracePeriodSeconds',
  'volumes',
];
/** What admission plugins and the ServiceAccount give a pod beyond its template. */
const GIVEN_POD_KEYS = [
  'imagePullSecrets',
  'nodeSelector',
  'preemptionPolicy',
  'priority',
  'priorityClassName',
  'tolerations',
];
const CONTAINER_KEYS = [
  'args',
  'image',
  'imagePullPolicy',
  'name',
  'resources',
  'securityContext',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'volumeMounts',
];
/** OpenShift fills in users, groups and SELinux labels of the namespace's range. */
const GIVEN_SECURITY_KEYS = ['fsGroup', 'runAsGroup', 'runAsUser', 'seLinuxOptions', 'supplementalGroups'];
const TOKEN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

export const SHAPE_VARIABLES = {
  container: `dyn(variables.pod.?containers.orValue([])[?0].orValue({}))`,
  volumes: `dyn(variables.pod.?volumes.orValue([]))`,
  podSecurity: `dyn(variables.pod.?securityContext.orValue({}))`,
  containerSecurity: `dyn(variables.container.?securityContext.orValue({}))`,
  affinity: `dyn(variables.pod.?affinity.orValue({}))`,
  resources: `dyn(variables.container.?resources.orValue({}))`,
  mounts: `dyn(variables.container.?volumeMounts.orValue([]))`,
};

/** `args` is CEL for the list that the container's arguments must equal. */
export function templateShape(args: string): readonly Validation[] {
  return [
    onlyKeys('variables.pod', POD_KEYS, "the executor's pod"),
    ...commonShape(args, []),
    {
      expression: `variables.volumes.size() == 2 && variables.mounts.size() == 2`,
      message: "the executor's pod has the volumes program and plan, each mounted once, and no other",
    },
    {
      expression: `variables.resources.all(k, k in ['requests', 'limits']) &&
        variables.resources.?requests.orValue({}).all(k, k in ['cpu', 'memory']) &&
        variables.resources.?limits.orValue({}).all(k, k == 'memory') &&
        quantity(string(variables.resources.?requests.?cpu.orValue('0'))).compareTo(quantity('50m')) <= 0 &&
        quantity(string(variables.resources.?requests.?memory.orValue('0'))).compareTo(quantity('64Mi')) <= 0 &&
        quantity(string(variables.resources.?limits.?memory.orValue('1Ti'))).compareTo(quantity('256Mi')) <= 0`,
      message:
        'the executor requests 50m CPU and 64Mi of memory at most, and has a memory limit of 256Mi at most',
    },
  ];
}

/** As `templateShape`, with what the cluster adds to a pod: the mounted token above all. */
export function livePodShape(args: string): readonly Validation[] {
  return [
    onlyKeys('variables.pod', [...POD_KEYS, ...GIVEN_POD_KEYS], "the executor's pod"),
    ...commonShape(args, GIVEN_SECURITY_KEYS),
    {
      expression: `variables.volumes.all(v, v.name in ['program', 'plan'] || (
          v.name.startsWith('kube-api-access-') && v.all(k, k in ['name', 'projected']) &&
          v.?projected.?sources.orValue([]).all(s, s.all(k,
            (k == 'serviceAccountToken' && s[k].?path.orValue('') == 'token' && s[k].?audience.orValue('') == '') ||
            (k == 'configMap' && s[k].?name.orValue('') in ['kube-root-ca.crt', 'openshift-service-ca.crt']) ||
            k == 'downwardAPI'))))`,
      message:
        "the executor's pod has the volumes program and plan and its ServiceAccount's token, and no other",
    },
    {
      expression: `variables.mounts.all(m, m.name in ['program', 'plan'] || (
          m.name.startsWith('kube-api-access-') && m.mountPath == '${TOKEN_FOLDER}' &&
          m.all(k, k in ['name', 'mountPath', 'readOnly'])))`,
      message:
        "the executor's container mounts program, plan and its ServiceAccount's token, and nothing else",
    },
  ];
}

function commonShape(args: string, givenSecurityKeys: readonly string[]): readonly Validation[] {
  return [...podSettings(), ...security(givenSecurityKeys), ...program(args), ...volumes(), placement()];
}

function podSettings(): readonly Validation[] {
  return [
    {
      expression: `variables.action != '' && variables.pod.?serviceAccountName.orValue('') ==
        'action-' + variables.action + (variables.rehearses ? '-rehearse' : '')`,
      message: {
        cel: `"the executor's pod must run under the ServiceAccount action-" + variables.action + (variables.rehearses ? '-rehearse' : '')`,
      },
    },
    {
      expression: `variables.pod.?restartPolicy.orValue('') == 'Never' &&
        variables.pod.?enableServiceLinks.orValue(true) == false &&
        variables.pod.?dnsPolicy.orValue('ClusterFirst') == 'ClusterFirst' &&
        variables.pod.?schedulerName.orValue('default-scheduler') == 'default-scheduler'`,
      message:
        "the executor's pod has restartPolicy Never, enableServiceLinks false, and DNS and scheduler as they are by default",
    },
    {
      expression: `variables.pod.?activeDeadlineSeconds.orValue(${LONGEST_RUN_SECONDS + 1}) <= ${LONGEST_RUN_SECONDS} &&
        variables.pod.?terminationGracePeriodSeconds.orValue(30) <= ${LONGEST_GRACE_SECONDS}`,
      message: `the executor's pod has an activeDeadlineSeconds of ${LONGEST_RUN_SECONDS} at most and a grace period of ${LONGEST_GRACE_SECONDS} s at most`,
    },
  ];
}

function security(givenKeys: readonly string[]): readonly Validation[] {
  const inPod = 'variables.podSecurity';
  const inContainer = 'variables.containerSecurity';
  const own = ['allowPrivilegeEscalation', 'capabilities', 'readOnlyRootFilesystem'];
  return [
    onlyKeys(
      inPod,
      ['runAsNonRoot', 'seccompProfile', ...givenKeys],
      "the securityContext of the executor's pod",
    ),
    onlyKeys(
      inContainer,
      givenKeys.length === 0 ? own : [...own, 'runAsNonRoot', ...givenKeys],
      "the securityContext of the executor's container",
    ),
    {
      expression: `${inPod}.?runAsNonRoot.orValue(false) == true &&
        ${inPod}.?seccompProfile.orValue({}).all(k, k == 'type') &&
        ${inPod}.?seccompProfile.?type.orValue('') == 'RuntimeDefault' &&
        ${inContainer}.?runAsNonRoot.orValue(true) == true &&
        ${inContainer}.?runAsUser.orValue(65532) != 0 && ${inPod}.?runAsUser.orValue(65532) != 0 &&
        ${inContainer}.?allowPrivilegeEscalation.orValue(true) == false &&
        ${inContainer}.?readOnlyRootFilesystem.orValue(false) == true &&
        ${inContainer}.?capabilities.orValue({}).all(k, k == 'drop') &&
        ${inContainer}.?capabilities.?drop.orValue([]) == ['ALL']`,
      message:
        'the executor runs as a user other than root, with the RuntimeDefault seccomp profile, a read-only root file system, no capabilities and no privilege escalation',
    },
  ];
}

function program(args: string): readonly Validation[] {
  return [
    {
      expression: `variables.pod.?containers.orValue([]).size() == 1 && variables.container.?name.orValue('') == 'executor'`,
      message: "the executor's pod has one container, executor",
    },
    onlyKeys('variables.container', CONTAINER_KEYS, "the executor's container"),
    {
      expression: `variables.container.?image.orValue('') in params.data.images.split(' ')`,
      message: { cel: `'the image is not one of this installation: ' + params.data.images` },
    },
    {
      expression: `variables.container.?imagePullPolicy.orValue('IfNotPresent') in ['IfNotPresent', 'Always'] &&
        variables.container.?terminationMessagePath.orValue('/dev/termination-log') == '/dev/termination-log' &&
        variables.container.?terminationMessagePolicy.orValue('File') in ['File', 'FallbackToLogsOnError']`,
      message:
        "the executor's container has imagePullPolicy IfNotPresent or Always, and the termination message where it is by default",
    },
    {
      expression: `variables.container.?args.orValue([]) == ${args}`,
      message:
        "the executor's arguments are not its program, the plan's hash, the action and the namespace that the labels and annotations declare",
    },
  ];
}

function volumes(): readonly Validation[] {
  return [
    {
      expression: `variables.volumes.exists_one(v, v.name == 'program' && v.all(k, k in ['name', 'configMap']) &&
          v.?configMap.orValue({}).all(k, k in ['name', 'defaultMode']) &&
          v.?configMap.?name.orValue('') in params.data.programs.split(' '))`,
      message: {
        cel: `'the volume program is not one of the ConfigMaps of this installation: ' + params.data.programs`,
      },
    },
    {
      expression: `variables.volumes.exists_one(v, v.name == 'plan' && v.all(k, k in ['name', 'secret']) &&
          v.?secret.orValue({}).all(k, k in ['secretName', 'defaultMode']) &&
          v.?secret.?secretName.orValue('') in variables.plans)`,
      message:
        "the volume plan is not the Secret of the Job's own name, nor that of the execution it rolls back",
    },
    {
      expression: `{'program': '/executor', 'plan': '/plan'}.all(name, variables.mounts.exists_one(m, m.name == name &&
          m.mountPath == {'program': '/executor', 'plan': '/plan'}[name] && m.?readOnly.orValue(false) == true &&
          m.all(k, k in ['name', 'mountPath', 'readOnly'])))`,
      message: 'program is mounted at /executor and plan at /plan, both read-only and whole',
    },
  ];
}

/** Kept off nodes by name, as a drain must; nothing else may choose the node. */
function placement(): Validation {
  const affinity = 'variables.affinity';
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  return {
    expression: `${affinity}.all(k, k == 'nodeAffinity') &&
      ${affinity}.?nodeAffinity.orValue({}).all(k, k == '${required}') &&
      ${affinity}.?nodeAffinity.?${required}.?nodeSelectorTerms.orValue([]).all(term,
        term.all(k, k == 'matchFields') &&
        term.?matchFields.orValue([]).all(field, field.key == 'metadata.name' && field.operator == 'NotIn'))`,
    message: "the executor's pod may be kept off nodes by their names and not be placed otherwise",
  };
}
