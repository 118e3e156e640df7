/** What a caller might make of the Job, and what the API server must say to it. */
import type { Changes } from './spoil.ts';

const GROUP = 'kubernetesexecution.kubernaut.io';
const POD = '/spec/template/spec';
const ONE = `${POD}/containers/0`;
const PROGRAM = `${POD}/volumes/0`;
const PLAN = `${POD}/volumes/1`;

type Abuse = readonly [what: string, changes: Changes, message: RegExp];

/** A label of our group on the Job and on its pod. */
function label(key: string, value: string | undefined): Changes {
  return {
    [`/metadata/labels/${GROUP}~1${key}`]: value,
    [`/spec/template/metadata/labels/${GROUP}~1${key}`]: value,
  };
}

function annotation(key: string, value: string | undefined): Changes {
  return { [`/metadata/annotations/${GROUP}~1${key}`]: value };
}

/** A name and the label that must equal it. */
function named(name: string): Changes {
  return { '/metadata/name': name, ...label('execution-id', name) };
}

function nodeTerm(operator: string): Changes {
  const terms = [{ matchFields: [{ key: 'metadata.name', operator, values: ['node-1'] }] }];
  return {
    [`${POD}/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms`]: terms,
  };
}

/** Kept off a node, as the Job of a drain is. */
export const OFF_A_NODE = nodeTerm('NotIn');

const SETTINGS_OF_ROLLBACK =
  'on-locked=wait,lock-timeout=60,verify-timeout=90,run-timeout=600,schedule-timeout=120';

/** As the Job of a rollback is. */
export const ROLLBACK: Changes = {
  ...label('rolls-back', 'e2e-earlier'),
  [`/metadata/annotations/${GROUP}~1rollback-settings`]: SETTINGS_OF_ROLLBACK,
  [`${ONE}/args/4`]: '--rolls-back=e2e-earlier',
  [`${ONE}/args/5`]: `--rollback-settings=${SETTINGS_OF_ROLLBACK}`,
  [`${PLAN}/secret/secretName`]: 'e2e-earlier',
};

export const AUTHORITY: readonly Abuse[] = [
  ['another namespace', label('namespace', 'default'), /may not plan scale-deployment in namespace default/],
  ['an action that is not granted', label('action', 'rollout-restart'), /may not plan rollout-restart/],
  ['an empty namespace', label('namespace', ''), /may not plan/],
  ['no namespace', label('namespace', undefined), /may not plan/],
  ['no action', label('action', undefined), /may not plan/],
  [
    'the cluster and a namespace',
    label('scope', 'cluster'),
    /may not plan scale-deployment in the whole cluster/,
  ],
  ['a forged creator', annotation('created-by', 'system:serviceaccount:other:caller'), /created-by must be/],
  ['no creator', annotation('created-by', undefined), /created-by must be/],
  [
    "another action's account",
    { [`${POD}/serviceAccountName`]: 'action-rollout-restart' },
    /action-scale-deployment/,
  ],
  ['the default account', { [`${POD}/serviceAccountName`]: undefined }, /action-scale-deployment/],
  ["another's execution id", label('execution-id', 'e2e-other'), /must be the Job's name/],
  ['an unknown label of our group', label('more', 'x'), /executor's own/],
  ['an unknown annotation of our group', annotation('verdict', '{}'), /executor's own/],
  ['a name with a dot', named('a.b'), /small letters, digits and hyphens/],
  ['the name of what an undo is kept in', named('e2e-other-undo'), /what the undo of another is kept in/],
  ['a hash of values that is none', annotation('values-hash', 'x'), /values-hash must be sha256/],
  ['a name that Kubernetes would cut', named('a'.repeat(60)), /57 characters at most/],
];

export const CONTAINER: readonly Abuse[] = [
  ['another image', { [`${ONE}/image`]: 'docker.io/library/busybox:1.37' }, /image is not one of/],
  [
    'another image in an init container',
    { [`${POD}/initContainers`]: [{ name: 'first', image: 'docker.io/library/busybox:1.37' }] },
    /may not set initContainers/,
  ],
  [
    'a second container',
    { [`${POD}/containers/-`]: { name: 'second', image: 'docker.io/library/busybox:1.37' } },
    /one container/,
  ],
  ['another command', { [`${ONE}/command`]: ['/nodejs/bin/node', '-e', '0'] }, /may not set command/],
  ['another program', { [`${ONE}/args/0`]: '/plan/plan.json' }, /arguments/],
  ['an option of Node', { [`${ONE}/args/0`]: '--import=/plan/plan.json' }, /arguments/],
  ['one more argument', { [`${ONE}/args/-`]: '--cluster' }, /arguments/],
  ['the whole cluster in the arguments', { [`${ONE}/args/3`]: '--cluster' }, /arguments/],
  ['another namespace in the arguments', { [`${ONE}/args/3`]: '--namespace=default' }, /arguments/],
  ['another action in the arguments', { [`${ONE}/args/2`]: '--action=rollout-restart' }, /arguments/],
  [
    'another hash in the arguments',
    { [`${ONE}/args/1`]: `--plan-hash=sha256:${'0'.repeat(64)}` },
    /arguments/,
  ],
  ['a hash that the kubelet expands', annotation('plan-hash', '$(KUBERNETES_PORT)'), /plan-hash must be/],
  ['options of Node', { [`${ONE}/env`]: [{ name: 'NODE_OPTIONS', value: '--inspect' }] }, /may not set env/],
  ['a proxy', { [`${ONE}/env`]: [{ name: 'HTTPS_PROXY', value: 'http://evil' }] }, /may not set env/],
  ['a kubeconfig', { [`${ONE}/env`]: [{ name: 'KUBECONFIG', value: '/plan/plan.json' }] }, /may not set env/],
  [
    'a Secret as environment',
    { [`${ONE}/envFrom`]: [{ secretRef: { name: 'other' } }] },
    /may not set envFrom/,
  ],
  ['a hook', { [`${ONE}/lifecycle`]: { preStop: { exec: { command: ['x'] } } } }, /may not set lifecycle/],
  ['a probe', { [`${ONE}/livenessProbe`]: { exec: { command: ['x'] } } }, /may not set livenessProbe/],
  ['a port', { [`${ONE}/ports`]: [{ containerPort: 80 }] }, /may not set ports/],
  ['a working directory', { [`${ONE}/workingDir`]: '/plan' }, /may not set workingDir/],
  ['a message path', { [`${ONE}/terminationMessagePath`]: '/plan/plan.json' }, /termination message/],
  ['much memory', { [`${ONE}/resources/limits/memory`]: '1Gi' }, /256Mi at most/],
  ['no memory limit', { [`${ONE}/resources/limits`]: undefined }, /256Mi at most/],
  ['much CPU', { [`${ONE}/resources/requests/cpu`]: '2' }, /50m CPU/],
  [
    'a privileged container',
    {
      [`${ONE}/securityContext/privileged`]: true,
      [`${ONE}/securityContext/allowPrivilegeEscalation`]: true,
    },
    /may not set privileged/,
  ],
  ['a capability', { [`${ONE}/securityContext/capabilities/add`]: ['NET_ADMIN'] }, /no capabilities/],
  ['a writable root', { [`${ONE}/securityContext/readOnlyRootFilesystem`]: false }, /read-only root/],
];

export const VOLUMES: readonly Abuse[] = [
  [
    'the plan mounted over the program',
    { [`${ONE}/volumeMounts/0/mountPath`]: '/other', [`${ONE}/volumeMounts/1/mountPath`]: '/executor' },
    /mounted at \/executor/,
  ],
  ['a part of the plan', { [`${ONE}/volumeMounts/1/subPath`]: 'plan.json' }, /read-only and whole/],
  ['a part by expression', { [`${ONE}/volumeMounts/1/subPathExpr`]: 'plan.json' }, /read-only and whole/],
  [
    'the program mounted twice',
    { [`${ONE}/volumeMounts/-`]: { name: 'program', mountPath: '/more' } },
    /mounted once/,
  ],
  [
    'a mount over the token',
    {
      [`${ONE}/volumeMounts/-`]: { name: 'plan', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    },
    /mounted once/,
  ],
  ["another's Secret as the plan", { [`${PLAN}/secret/secretName`]: 'other' }, /Job's own name/],
  ['chosen items of the plan', { [`${PLAN}/secret/items`]: [{ key: 'a', path: 'b' }] }, /Job's own name/],
  [
    'a foreign Secret',
    { [`${POD}/volumes/-`]: { name: 'more', secret: { secretName: 'other' } } },
    /no other/,
  ],
  [
    'a Secret as the program',
    { [PROGRAM]: { name: 'program', secret: { secretName: 'x' } } },
    /not one of the ConfigMaps/,
  ],
  ['another program', { [`${PROGRAM}/configMap/name`]: 'kube-root-ca.crt' }, /not one of the ConfigMaps/],
  [
    'chosen items of it',
    { [`${PROGRAM}/configMap/items`]: [{ key: 'a', path: 'b' }] },
    /not one of the ConfigMaps/,
  ],
  ['a folder of the host', { [`${POD}/volumes/-`]: { name: 'host', hostPath: { path: '/' } } }, /no other/],
  [
    'a projected token',
    {
      [`${POD}/volumes/-`]: {
        name: 't',
        projected: { sources: [{ serviceAccountToken: { path: 'token' } }] },
      },
    },
    /no other/,
  ],
  [
    'a CSI volume',
    { [`${POD}/volumes/-`]: { name: 'csi', csi: { driver: 'secrets.example.com' } } },
    /no other/,
  ],
];

export const ROLLBACKS: readonly Abuse[] = [
  [
    'that is not declared',
    { ...ROLLBACK, ...label('rolls-back', undefined) },
    /arguments|Job's own name|a rollback, and nothing else/,
  ],
  ['that the arguments do not name', { ...ROLLBACK, [`${ONE}/args/4`]: undefined }, /arguments/],
  [
    'of another execution than is mounted',
    { ...ROLLBACK, [`${PLAN}/secret/secretName`]: 'other' },
    /Job's own name/,
  ],
  [
    'of what another has kept for its undo',
    {
      ...ROLLBACK,
      ...label('rolls-back', 'update-secret-0123456789-undo'),
      [`${ONE}/args/4`]: '--rolls-back=update-secret-0123456789-undo',
      [`${PLAN}/secret/secretName`]: 'update-secret-0123456789-undo',
    },
    /must be the id of an execution/,
  ],
  ['with other settings', { ...ROLLBACK, [`${ONE}/args/5`]: '--rollback-settings=x' }, /arguments/],
  [
    'without settings',
    { ...ROLLBACK, ...annotation('rollback-settings', undefined), [`${ONE}/args/5`]: undefined },
    /a rollback, and nothing else, has the annotation/,
  ],
  [
    'with settings that the kubelet expands',
    {
      ...ROLLBACK,
      ...annotation('rollback-settings', '$(KUBERNETES_PORT)'),
      [`${ONE}/args/5`]: '--rollback-settings=$(KUBERNETES_PORT)',
    },
    /a rollback, and nothing else, has the annotation/,
  ],
  ['of nothing', { ...ROLLBACK, ...label('rolls-back', '') }, /must be the id of an execution/],
];

export const SURROUNDINGS: readonly Abuse[] = [
  [
    'another address of the API server',
    { [`${POD}/hostAliases`]: [{ ip: '10.0.0.1', hostnames: ['kubernetes.default.svc'] }] },
    /may not set hostAliases/,
  ],
  ["the node's network", { [`${POD}/hostNetwork`]: true }, /may not set hostNetwork/],
  ["the node's processes", { [`${POD}/hostPID`]: true }, /may not set hostPID/],
  ["the node's memory", { [`${POD}/hostIPC`]: true }, /may not set hostIPC/],
  ['DNS of its own', { [`${POD}/dnsConfig`]: { nameservers: ['10.0.0.1'] } }, /may not set dnsConfig/],
  ['another DNS policy', { [`${POD}/dnsPolicy`]: 'Default' }, /DNS and scheduler/],
  ['another scheduler', { [`${POD}/schedulerName`]: 'mine' }, /DNS and scheduler/],
  ['a node', { [`${POD}/nodeName`]: 'node-1' }, /may not set nodeName/],
  ['a node selector', { [`${POD}/nodeSelector`]: { zone: 'a' } }, /may not set nodeSelector/],
  ['an affinity to a node', nodeTerm('In'), /not be placed otherwise/],
  ['a toleration', { [`${POD}/tolerations`]: [{ operator: 'Exists' }] }, /may not set tolerations/],
  [
    'a priority',
    { [`${POD}/priorityClassName`]: 'system-cluster-critical' },
    /may not set priorityClassName/,
  ],
  ['a pull secret', { [`${POD}/imagePullSecrets`]: [{ name: 'other' }] }, /may not set imagePullSecrets/],
  ['root', { [`${POD}/securityContext/runAsUser`]: 0 }, /may not set runAsUser/],
  ['no seccomp profile', { [`${POD}/securityContext/seccompProfile`]: undefined }, /RuntimeDefault/],
  ['service links', { [`${POD}/enableServiceLinks`]: true }, /enableServiceLinks false/],
  ['restarts', { [`${POD}/restartPolicy`]: 'OnFailure' }, /restartPolicy Never/],
  [
    'no deadline of the pod',
    { [`${POD}/activeDeadlineSeconds`]: undefined },
    /activeDeadlineSeconds of 7200/,
  ],
  ['a day to end', { [`${POD}/terminationGracePeriodSeconds`]: 86_400 }, /grace period of 120/],
  ['a label of the pod', { '/spec/template/metadata/labels/app': 'web' }, /may not set app/],
  [
    'a network of the pod',
    { '/spec/template/metadata/annotations/k8s.v1.cni.cncf.io~1networks': 'x' },
    /may not set k8s/,
  ],
  ['a sidecar', { '/spec/template/metadata/annotations/sidecar.istio.io~1inject': 'true' }, /let sidecars/],
  [
    'a finalizer of the pod',
    { '/spec/template/metadata/finalizers': ['example.com/a'] },
    /may not set finalizers/,
  ],
];

export const SETTINGS: readonly Abuse[] = [
  ['retries', { '/spec/backoffLimit': 1 }, /runs one pod once/],
  ['no backoff limit', { '/spec/backoffLimit': undefined }, /runs one pod once/],
  ['two pods at once', { '/spec/parallelism': 2 }, /runs one pod once/],
  ['two pods in turn', { '/spec/completions': 2 }, /runs one pod once/],
  ['a replacement at once', { '/spec/podReplacementPolicy': 'TerminatingOrFailed' }, /runs one pod once/],
  ['another controller', { '/spec/managedBy': 'example.com/controller' }, /may not set managedBy/],
  ['a failure policy', { '/spec/podFailurePolicy': { rules: [] } }, /may not set podFailurePolicy/],
  ['no deadline', { '/spec/activeDeadlineSeconds': undefined }, /activeDeadlineSeconds of 14400/],
  ['no time to live', { '/spec/ttlSecondsAfterFinished': undefined }, /ttlSecondsAfterFinished of 86400/],
  ['a finalizer', { '/metadata/finalizers': ['example.com/a'] }, /no finalizers/],
];
