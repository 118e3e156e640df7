/** The Job and the Secret of an execution. Admission pins every field of this shape: `scripts/manifests/pod-shape.ts`. */
import { type Declared, writeArguments } from '../job/declared.ts';
import { GRACE_SECONDS } from '../job/execution-job.ts';
import { MOUNT_FOLDER, type Mounted, secretToMount } from '../job/mounted.ts';
import { writeRollbackSettings } from '../job/rollback-settings.ts';
import { ANNOTATION, LABEL, rehearsingAccountOf, serviceAccountOf } from '../plan/names.ts';
import { say } from '../plan/objects.ts';
import type { Plan } from '../plan/plan.ts';
import type { Timeouts } from '../spec/request.ts';

/** Kept this long for its log and its undo; both go with it. */
export const RETENTION_SECONDS = 86_400;
/** A question that was answered is deleted at once; this is for a step that was killed meanwhile. */
const ANSWERED_SECONDS = 300;
/** The executor's, in its pod. */
export const CONTAINER = 'executor';

/** A sidecar would keep the Job from ending. Istio reads the label, older versions of it and Linkerd the annotation. */
const NO_SIDECAR = { 'sidecar.istio.io/inject': 'false' };
/** No sidecar, and no eviction by a cluster autoscaler. */
const LEFT_ALONE = {
  ...NO_SIDECAR,
  'linkerd.io/inject': 'disabled',
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
};

/** What a Job is for, and what it says of itself in labels, annotations and arguments. */
export interface JobOrder {
  readonly declared: Declared;
  /** As `placed` says it. */
  readonly target: string;
  readonly summary: string;
  /** The Secret with the plan, where it is not the execution's own. */
  readonly planIn?: string;
  /** A node that the executor must not run on, since it is about to be drained. */
  readonly avoidNode?: string;
}

export interface JobInput {
  readonly executionId: string;
  readonly namespace: string;
  readonly order: JobOrder;
  readonly image: string;
  readonly program: string;
  readonly createdBy: string;
  readonly timeouts: Timeouts;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** How a Job names its target, and a rollback the one it is asked for: `shop/deployment/web`. */
export function placed(namespace: string, what: string): string {
  return namespace === '' ? what : `${namespace}/${what}`;
}

/** The order for a plan of our own. */
export function orderOf(plan: Plan, planHash: string): JobOrder {
  return {
    declared: { planHash, action: plan.action, scope: plan.scope },
    target: placed(plan.target.namespace ?? '', say(plan.target)),
    summary: plan.summary,
    ...(plan.target.kind === 'Node' ? { avoidNode: plan.target.name } : {}),
  };
}

export function jobManifest(input: JobInput): object {
  const { executionId, order, timeouts } = input;
  const labels = ownLabels(executionId, order.declared);
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
      ttlSecondsAfterFinished: order.declared.rehearses === true ? ANSWERED_SECONDS : RETENTION_SECONDS,
      // Only the backstop: it would delete the pod with its log. The pod's own deadline comes first.
      activeDeadlineSeconds: timeouts.scheduleSeconds + timeouts.runSeconds + GRACE_SECONDS + 30,
      template: {
        metadata: { labels: { ...labels, ...NO_SIDECAR }, annotations: { ...annotations, ...LEFT_ALONE } },
        spec: podSpec(input),
      },
    },
  };
}

/** Labelled like its Job. */
export function planSecret(
  namespace: string,
  job: { readonly name: string; readonly uid: string },
  { declared, contents }: { readonly declared: Declared; readonly contents: Mounted },
): object {
  const labels = ownLabels(contents.executionId, declared);
  return secretToMount({ name: job.name, namespace, labels, job, contents });
}

function ownLabels(
  executionId: string,
  { action, scope, rollsBack, rehearses }: Omit<Declared, 'planHash'>,
): Record<string, string> {
  return {
    [LABEL.action]: action,
    [LABEL.executionId]: executionId,
    ...(scope.kind === 'namespace' ? { [LABEL.namespace]: scope.namespace } : { [LABEL.scope]: 'cluster' }),
    ...(rollsBack === undefined ? {} : { [LABEL.rollsBack]: rollsBack }),
    ...(rehearses === true ? { [LABEL.rehearses]: 'true' } : {}),
  };
}

function ownAnnotations({ order, createdBy }: JobInput): Record<string, string> {
  const { planHash, valuesHash, rollbackSettings } = order.declared;
  return {
    [ANNOTATION.createdBy]: createdBy,
    [ANNOTATION.planHash]: planHash,
    [ANNOTATION.target]: order.target,
    [ANNOTATION.summary]: order.summary,
    ...(valuesHash === undefined ? {} : { [ANNOTATION.valuesHash]: valuesHash }),
    ...(rollbackSettings && {
      [ANNOTATION.rollbackSettings]: writeRollbackSettings(rollbackSettings),
    }),
  };
}

function podSpec({ executionId, order, image, program, timeouts }: JobInput): object {
  return {
    serviceAccountName: accountOf(order.declared),
    ...(order.avoidNode === undefined ? {} : { affinity: away(order.avoidNode) }),
    restartPolicy: 'Never',
    activeDeadlineSeconds: timeouts.runSeconds,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    enableServiceLinks: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: CONTAINER,
        image,
        imagePullPolicy: 'IfNotPresent',
        args: ['/executor/executor.mjs', ...writeArguments(order.declared)],
        // No CPU limit: under 200 m Node needs 290 ms to start instead of 70.
        resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'program', mountPath: '/executor', readOnly: true },
          { name: 'plan', mountPath: MOUNT_FOLDER, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'program', configMap: { name: program } },
      { name: 'plan', secret: { secretName: order.planIn ?? order.declared.rollsBack ?? executionId } },
    ],
  };
}

/** The ServiceAccount that the Job runs under. */
export function accountOf({ action, rehearses }: Declared): string {
  return rehearses === true ? rehearsingAccountOf(action) : serviceAccountOf(action);
}

/** By the node's name, since labels can be changed. */
function away(node: string): object {
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: [node] }] }];
  return { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } };
}
