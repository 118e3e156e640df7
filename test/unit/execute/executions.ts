/** Whole executions over the fake: plans as the catalogue makes them, the executor's pod and Job, and controllers. */
import type { Action, PlanDraft } from '../../../src/catalog/action.ts';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import type { RollbackSettings } from '../../../src/job/rollback-settings.ts';
import { hashPlan } from '../../../src/plan/hash.ts';
import { ANNOTATION, LABEL } from '../../../src/plan/names.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Envelope, ExecutionSettings, Plan } from '../../../src/plan/plan.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { readVerdict, type Verdict } from '../../../src/plan/verdict.ts';
import { type Asking, AT, planFor } from '../catalog/asking.ts';
import { deployment, pod, replicaSet } from '../catalog/cluster-objects.ts';
import type { FakeApi } from './fake-api.ts';

export const EXECUTION = 'scale-deployment-0123456789';
export const POD_NAME = `${EXECUTION}-abcde`;
export const IDENTITY = {
  namespace: 'kubernetes-executor',
  serviceAccount: 'action-scale-deployment',
  podName: POD_NAME,
  podUid: `uid-${POD_NAME}`,
};
export const JOURNAL = `/apis/coordination.k8s.io/v1/namespaces/kubernetes-executor/leases/${EXECUTION}`;

export const SETTINGS: ExecutionSettings = {
  onFailure: 'rollback',
  onLocked: 'fail',
  lockTimeoutSeconds: 60,
  verifyTimeoutSeconds: 120,
  runTimeoutSeconds: 600,
  scheduleTimeoutSeconds: 120,
  soakSeconds: 0,
};

const { onFailure: _onFailure, soakSeconds: _soakSeconds, ...ofRollbacks } = SETTINGS;
export const ROLLBACK_SETTINGS: RollbackSettings = ofRollbacks;

export const RESTARTED_POD = 'web-5d4f8c7b9d-x2x7k';

export function scalePlan(replicas: number, settings: Partial<ExecutionSettings> = {}): Plan {
  return planOf(scaleDeployment, { name: 'web', parameters: { replicas } }, [deployment()], settings);
}

export function restartPlan(settings: Partial<ExecutionSettings> = {}): Plan {
  return planOf(rolloutRestart, { name: 'web' }, [deployment()], settings);
}

export function podPlan(settings: Partial<ExecutionSettings> = {}): Plan {
  return planOf(restartPod, { name: RESTARTED_POD }, [replicaSet(), pod(RESTARTED_POD)], settings);
}

export function planOf(
  action: Action,
  asking: Asking,
  objects: readonly KubernetesObject[],
  settings: Partial<ExecutionSettings> = {},
): Plan {
  return planOfDraft(action, planFor(action, asking, objects), settings);
}

export function planOfDraft(
  action: Action,
  draft: PlanDraft,
  settings: Partial<ExecutionSettings> = {},
): Plan {
  const { target, summary, requests, checks, undo, locks, notes, secret } = draft;
  return {
    version: 1,
    action: action.name,
    scope: { kind: 'namespace', namespace: 'shop' },
    target,
    at: AT,
    summary,
    requests,
    checks,
    undo,
    locks,
    notes,
    ...(secret === undefined ? {} : { secret }),
    settings: { ...SETTINGS, ...settings },
  };
}

export function envelopeOf(plan: Plan): Envelope {
  return { executionId: EXECUTION, plan };
}

export function declaredOf(plan: Plan) {
  return { planHash: hashPlan(plan), action: plan.action, scope: plan.scope };
}

/** As the Job controller makes it. */
export function executorPod(name = POD_NAME): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'kubernetes-executor',
      uid: `uid-${name}`,
      labels: { [LABEL.executionId]: EXECUTION, 'batch.kubernetes.io/job-name': EXECUTION },
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: EXECUTION, uid: 'uid-job', controller: true },
      ],
    },
    status: { phase: 'Running' },
  };
}

export function journalOf(verdict?: Verdict): KubernetesObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: EXECUTION,
      namespace: 'kubernetes-executor',
      uid: 'uid-journal',
      ...(verdict ? { annotations: { [ANNOTATION.verdict]: JSON.stringify(verdict) } } : {}),
    },
    spec: { holderIdentity: `kubernetes-executor/${POD_NAME}/uid-${POD_NAME}` },
  };
}

/** What the step would read. */
export function verdictIn(api: FakeApi): Verdict | undefined {
  return readVerdict(api.at(JOURNAL)?.metadata.annotations?.[ANNOTATION.verdict]);
}

/** A controller that has every Deployment as it is wanted at once; `healthy` says which specs come up. */
export function playDeployments(
  api: FakeApi,
  healthy: (workload: KubernetesObject) => boolean = () => true,
): void {
  api.onWrite = ({ path }) => {
    if (!path.includes('/deployments/')) return;
    const live = api.read(deployment());
    if (live) api.change(live, { status: statusOf(live, healthy(live)) });
  };
}

function statusOf(live: KubernetesObject, isHealthy: boolean): object {
  const replicas = Number(readPointer(live, '/spec/replicas'));
  return {
    observedGeneration: live.metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: isHealthy ? replicas : 0,
  };
}

/** A controller that puts a Ready pod in the place of each that is deleted. */
export function playReplicaSet(api: FakeApi, successor: KubernetesObject = pod('web-new')): void {
  api.onWrite = ({ method, path }) => {
    if (method === 'DELETE' && path.includes('/pods/')) api.put(successor);
  };
}
