/** The Job and the Secret of an execution. Admission pins every field of this shape; see manifests/policy. */
import { writeArguments } from '../execute/declared.ts';
import { ANNOTATION, LABEL, serviceAccountOf } from '../plan/names.ts';
import { say } from '../plan/objects.ts';
import type { Envelope, Plan } from '../plan/plan.ts';
import type { Timeouts } from '../spec/request.ts';

/** Kept this long for its log and its undo; both go with it. */
export const RETENTION_SECONDS = 86_400;
/** For an undo after SIGTERM; then the kubelet kills. */
const GRACE_SECONDS = 60;

export interface JobInput {
  readonly executionId: string;
  readonly namespace: string;
  readonly plan: Plan;
  readonly planHash: string;
  readonly image: string;
  readonly program: string;
  readonly createdBy: string;
  readonly timeouts: Timeouts;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export function jobManifest(input: JobInput): object {
  const { executionId, plan, timeouts } = input;
  const labels = ownLabels(executionId, plan);
  const annotations = ownAnnotations(input);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: executionId,
      namespace: input.namespace,
      labels: { ...input.labels, ...labels },
      annotations: { ...input.annotations, ...annotations },
    },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: RETENTION_SECONDS,
      // Only the backstop: it would delete the pod with its log. The pod's own deadline comes first.
      activeDeadlineSeconds: timeouts.scheduleSeconds + timeouts.runSeconds + GRACE_SECONDS + 30,
      template: { metadata: { labels, annotations }, spec: podSpec(input) },
    },
  };
}

/** Owned by the Job, so that it goes with it; immutable, so that what was declared stays what is mounted. */
export function planSecret(
  namespace: string,
  job: { readonly name: string; readonly uid: string },
  envelope: Envelope,
): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    immutable: true,
    metadata: {
      name: job.name,
      namespace,
      labels: ownLabels(envelope.executionId, envelope.plan),
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: job.name, uid: job.uid }],
    },
    stringData: { 'plan.json': JSON.stringify(envelope) },
  };
}

function ownLabels(executionId: string, plan: Plan): Record<string, string> {
  const where =
    plan.scope.kind === 'namespace'
      ? { [LABEL.namespace]: plan.scope.namespace }
      : { [LABEL.scope]: 'cluster' };
  return { [LABEL.action]: plan.action, [LABEL.executionId]: executionId, ...where };
}

function ownAnnotations({ plan, planHash, createdBy }: JobInput): Record<string, string> {
  const where = plan.target.namespace === undefined ? '' : `${plan.target.namespace}/`;
  return {
    [ANNOTATION.createdBy]: createdBy,
    [ANNOTATION.planHash]: planHash,
    [ANNOTATION.target]: `${where}${say(plan.target)}`,
    [ANNOTATION.summary]: plan.summary,
    'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
    'karpenter.sh/do-not-disrupt': 'true',
    'sidecar.istio.io/inject': 'false',
    'linkerd.io/inject': 'disabled',
  };
}

function podSpec({ executionId, plan, planHash, image, program, timeouts }: JobInput): object {
  return {
    serviceAccountName: serviceAccountOf(plan.action),
    restartPolicy: 'Never',
    activeDeadlineSeconds: timeouts.runSeconds,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'executor',
        image,
        imagePullPolicy: 'IfNotPresent',
        args: [
          '/executor/executor.mjs',
          ...writeArguments({ planHash, action: plan.action, scope: plan.scope }),
        ],
        // No CPU limit: under 200 m Node needs 290 ms to start instead of 70.
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'program', mountPath: '/executor', readOnly: true },
          { name: 'plan', mountPath: '/plan', readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'program', configMap: { name: program } },
      { name: 'plan', secret: { secretName: executionId } },
    ],
  };
}
