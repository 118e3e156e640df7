/** Jobs as the step makes them, to be spoiled by the tests. */
import type { V1ConfigMap, V1Job, V1Pod } from '@kubernetes/client-node';
import { hashPlan } from '../../../src/plan/hash.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { jobManifest, orderOf, planSecret } from '../../../src/run/job-manifest.ts';
import { pathOf, read, until } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE } from '../harness/site.ts';

export const JOBS = pathOf('jobs', EXECUTOR_NAMESPACE);

export interface Installation {
  readonly image: string;
  readonly program: string;
}

export async function readInstallation(): Promise<Installation> {
  const path = pathOf('configmaps', EXECUTOR_NAMESPACE, 'executor-installation');
  const data = (await read<V1ConfigMap>(path))?.data ?? {};
  return { image: data['image'] ?? '', program: data['programs']?.split(' ')[0] ?? '' };
}

export interface ExecutionInput {
  readonly installation: Installation;
  /** Where it is to write. */
  readonly namespace: string;
  readonly createdBy: string;
  readonly action?: string;
  readonly executionId?: string;
}

export function newExecutionId(): string {
  return `e2e-${crypto.randomUUID().slice(0, 13)}`;
}

function planFor(input: ExecutionInput): Plan {
  return {
    version: 1,
    action: input.action ?? 'scale-deployment',
    scope: { kind: 'namespace', namespace: input.namespace },
    target: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: input.namespace, name: 'web' },
    at: '2026-01-01T00:00:00Z',
    summary: 'scale deployment/web from 1 to 1 replicas',
    requests: [],
    checks: [],
    undo: { kind: 'irreversible', reason: 'nothing was done' },
    locks: [],
    notes: [],
    settings: {
      onFailure: 'keep',
      onLocked: 'fail',
      lockTimeoutSeconds: 1,
      verifyTimeoutSeconds: 1,
      runTimeoutSeconds: 1,
      scheduleTimeoutSeconds: 60,
      soakSeconds: 0,
    },
  };
}

/** The Job of a plan that does nothing. Its pod outlives the tests of a file, however long they take. */
export function jobFor(input: ExecutionInput): V1Job {
  const plan = planFor(input);
  return jobManifest({
    executionId: input.executionId ?? newExecutionId(),
    namespace: EXECUTOR_NAMESPACE,
    order: orderOf(plan, hashPlan(plan)),
    image: input.installation.image,
    program: input.installation.program,
    createdBy: input.createdBy,
    timeouts: { totalSeconds: 3600, scheduleSeconds: 60, runSeconds: 3600 },
    labels: {},
    annotations: {},
  }) as V1Job;
}

/** The Secret that goes with a Job. */
export function secretFor(job: V1Job, uid: string): object {
  const name = job.metadata?.name ?? '';
  const plan = planFor({ installation: { image: '', program: '' }, namespace: 'any', createdBy: '' });
  const declared = { planHash: hashPlan(plan), action: plan.action, scope: plan.scope };
  return planSecret(EXECUTOR_NAMESPACE, { name, uid }, { declared, contents: { executionId: name, plan } });
}

/** Resolves with the name and uid of the Job's pod as soon as there is one; without its Secret it never starts. */
export async function untilPod(jobName: string): Promise<{ readonly name: string; readonly uid: string }> {
  const watched = {
    path: pathOf('pods', EXECUTOR_NAMESPACE),
    query: `labelSelector=${encodeURIComponent(`batch.kubernetes.io/job-name=${jobName}`)}`,
  };
  return await until<V1Pod, { name: string; uid: string }>(watched, ([pod]) => {
    const { name, uid } = pod?.metadata ?? {};
    return name !== undefined && uid !== undefined && { name, uid };
  });
}
