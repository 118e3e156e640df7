/** Jobs, their pods and Events in the states that the step has to tell apart. */
import { hashPlan } from '../../../src/plan/hash.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { Verdict } from '../../../src/plan/verdict.ts';
import type { Seen } from '../../../src/run/execution-watches.ts';
import type { JobInput } from '../../../src/run/job-manifest.ts';
import { orderOf } from '../../../src/run/job-manifest.ts';
import { openPullCounter } from '../../../src/verify/pull-counter.ts';
import { EXECUTION, executorPod, scalePlan } from '../execute/executions.ts';

export const JOB = { namespace: 'kubernetes-executor', name: EXECUTION };
export const JOB_PATH = `/apis/batch/v1/namespaces/kubernetes-executor/jobs/${EXECUTION}`;
export const SECRET_PATH = `/api/v1/namespaces/kubernetes-executor/secrets/${EXECUTION}`;

export function jobInput(plan: Plan = scalePlan(5), over: Partial<JobInput> = {}): JobInput {
  return {
    executionId: EXECUTION,
    namespace: 'kubernetes-executor',
    order: orderOf(plan, hashPlan(plan)),
    image: 'gcr.io/distroless/nodejs24-debian13:nonroot',
    program: 'executor-0123456789abcdef',
    createdBy: 'system:serviceaccount:ci:deployer',
    timeouts: { totalSeconds: 900, scheduleSeconds: 60, runSeconds: 600 },
    labels: { team: 'shop' },
    annotations: { 'example.org/run': '42' },
    ...over,
  };
}

export function job(): KubernetesObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...JOB, uid: 'uid-job' }, spec: {} };
}

/** The executor's pod in a state of its container. */
export function podWith(state: object, status: object = {}): KubernetesObject {
  const container = { name: 'executor', image: 'node:24', restartCount: 0, state };
  return { ...executorPod(), status: { phase: 'Pending', containerStatuses: [container], ...status } };
}

export const RUNNING = podWith({ running: { startedAt: '2026-03-01T12:00:00Z' } }, { phase: 'Running' });

export function ended(exitCode: number, message?: string): KubernetesObject {
  const terminated = {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: '12:00',
    message,
  };
  return podWith({ terminated }, { phase: exitCode === 0 ? 'Succeeded' : 'Failed' });
}

export function waiting(reason: string): KubernetesObject {
  return podWith({ waiting: { reason, message: `about ${reason}` } });
}

export function warning(of: string, reason: string, message: string, at = '12:00'): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${of}.${reason.toLowerCase()}.${at.replace(':', '')}`,
      namespace: 'kubernetes-executor',
      uid: `uid-${reason}-${at}`,
    },
    involvedObject: { kind: of === JOB.name ? 'Job' : 'Pod', name: of },
    type: 'Warning',
    reason,
    message,
    lastTimestamp: at,
  };
}

/** Of whoever holds it, last renewed then. */
export function lockOf(holder: string, renewTime: string): KubernetesObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'lock-1', namespace: 'kubernetes-executor-locks', uid: 'uid-lock' },
    spec: { holderIdentity: holder, renewTime },
  };
}

export function verdictOf(over: Partial<Verdict> = {}): Verdict {
  return {
    version: 1,
    executionId: EXECUTION,
    result: 'succeeded',
    reasonCode: 'ok',
    message: 'done and verified',
    requests: [{ summary: 'set replicas', outcome: 'applied', status: 200 }],
    checks: [{ summary: 'available', met: true, detail: '' }],
    timeline: [{ at: '2026-03-01T12:00:01.000Z', event: 'locked' }],
    logLines: 4,
    ...over,
  };
}

/** Of an executor that runs, unless told otherwise. */
export function seen(over: Partial<Seen>): Seen {
  return {
    job: 'there',
    isJobDeleted: false,
    jobFailure: '',
    pod: RUNNING,
    podGone: false,
    hasStarted: true,
    verdict: undefined,
    answer: undefined,
    pulls: openPullCounter(),
    ...over,
  };
}
