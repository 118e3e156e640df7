import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { DEPLOYMENT } from '../../../src/catalog/workloads.ts';
import type { Plan, PlannedRequest } from '../../../src/plan/plan.ts';
import type { Verdict } from '../../../src/plan/verdict.ts';
import type { RunRecord } from '../../../src/run/record.ts';

const web = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop', name: 'web' };
const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u-1' };

function setReplicas(before: number, after: number): PlannedRequest {
  return {
    summary: `set replicas of deployment/web from ${before} to ${after}`,
    verb: 'patch',
    patchType: 'json',
    path: { ...web, subresource: 'scale' },
    body: [
      { op: 'test', path: '/metadata/uid', value: 'u-1' },
      { op: 'add', path: '/spec/replicas', value: after },
    ],
    effect: { kind: 'fields', object: web, fields: [{ pointer: '/spec/replicas', before, after }] },
    rehearsal: 'yes',
    resendable: true,
  };
}

export const scalePlan: Plan = {
  version: 1,
  action: 'scale-deployment',
  scope: { kind: 'namespace', namespace: 'shop' },
  target,
  at: '2026-03-01T10:00:00Z',
  summary: 'scale deployment/web in shop from 2 to 3 replicas',
  requests: [setReplicas(2, 3)],
  checks: [{ kind: 'replicas-available', object: web, podSelector: 'app=web', replicas: 3 }],
  undo: { kind: 'requests', requests: [{ ...setReplicas(3, 2), undoes: 0 }], checks: [] },
  locks: [target],
  notes: [],
  settings: {
    onFailure: 'rollback',
    onLocked: 'fail',
    lockTimeoutSeconds: 300,
    verifyTimeoutSeconds: 300,
    runTimeoutSeconds: 600,
    scheduleTimeoutSeconds: 120,
    soakSeconds: 0,
  },
};

export const scaleVerdict: Verdict = {
  version: 1,
  executionId: 'scale-deployment-7c2e9b41d0',
  result: 'succeeded',
  reasonCode: 'ok',
  message: '3 of 3 replicas are available',
  requests: [{ summary: 'set replicas of deployment/web from 2 to 3', outcome: 'applied', status: 200 }],
  checks: [{ summary: 'deployment/web has 3 available replicas', met: true, detail: '3 of 3' }],
  timeline: [{ at: '2026-03-01T10:00:01.100Z', event: 'requests sent' }],
  logLines: 3,
};

const succeeded: RunRecord = {
  executionId: 'scale-deployment-7c2e9b41d0',
  mode: 'run',
  request: {
    action: scaleDeployment,
    parameters: { replicas: 3 },
    kind: DEPLOYMENT,
    name: 'web',
    namespace: 'shop',
    requireApproval: false,
    settings: {
      onFailure: 'rollback',
      onLocked: 'fail',
      lockTimeoutSeconds: 60,
      verifyTimeoutSeconds: 300,
      runTimeoutSeconds: 600,
      scheduleTimeoutSeconds: 120,
      soakSeconds: 0,
    },
    timeouts: { totalSeconds: 900, scheduleSeconds: 60, runSeconds: 600 },
    retries: 2,
    labels: { team: 'shop' },
  },
  namespace: 'shop',
  environment: 'production',
  startedAt: '2026-03-01T10:00:00.000Z',
  finishedAt: '2026-03-01T10:00:02.134Z',
  result: 'succeeded',
  reasonCode: 'ok',
  message: 'scale deployment/web in shop from 2 to 3 replicas: 3 of 3 replicas are available',
  changed: true,
  attempts: [],
  timeline: [
    { at: '2026-03-01T10:00:00.000Z', event: 'started' },
    { at: '2026-03-01T10:00:00.700Z', event: 'job created' },
    { at: '2026-03-01T10:00:01.100Z', event: 'executor: requests sent' },
    { at: '2026-03-01T10:00:02.134Z', event: 'succeeded' },
  ],
  cluster: {
    server: 'https://prod.example.com:6443',
    serverVersion: 'v1.36.3',
    user: 'system:serviceaccount:ci:deployer',
    origin: 'kubeconfig input, context prod',
  },
  permissions: [
    {
      who: 'action',
      identity: 'system:serviceaccount:kubernetes-executor:action-scale-deployment',
      permission: 'patch deployments/scale.apps in shop',
      allowed: 'yes',
    },
  ],
  gates: [
    { gate: 'protected-namespace', verdict: 'pass', reasonCode: 'ok', message: 'shop is not protected' },
  ],
  plan: scalePlan,
  planHash: 'sha256:2f0c5f6f0a1e8b7d4c93e61750a2bd98f4c7136e5a08d92b7f31c64e0a9d58b2',
  risk: { level: 'low', score: 0.1, factors: [{ name: 'pods', weight: 0.1, detail: 'one pod is added' }] },
  rehearsal: {
    requests: [
      {
        summary: 'set replicas of deployment/web from 2 to 3',
        outcome: 'accepted',
        status: 200,
        diff: [{ pointer: '/spec/replicas', before: 2, after: 3 }],
      },
    ],
    findings: [],
  },
  job: {
    name: 'scale-deployment-7c2e9b41d0',
    namespace: 'kubernetes-executor',
    serviceAccount: 'action-scale-deployment',
    exitCode: 0,
  },
  verdict: scaleVerdict,
  log: {
    complete: true,
    lines: 3,
    bytes: 120,
    sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    gaps: [],
    tail: ['plan checked', 'set replicas of deployment/web from 2 to 3: 200', 'verified'],
    file: '/tmp/execution.log',
  },
};

/** The record of deployment/web scaled from 2 to 3 replicas, with some of it otherwise. */
export function scaledRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return { ...succeeded, ...changes };
}

/** The same record without what only a run that got that far knows. */
export function recordWithout<Key extends keyof RunRecord>(
  keys: readonly Key[],
  changes: Partial<RunRecord> = {},
): RunRecord {
  const kept = Object.entries(succeeded).filter(([key]) => !(keys as readonly string[]).includes(key));
  return { ...(Object.fromEntries(kept) as unknown as RunRecord), ...changes };
}

export const rolledBack: RunRecord = scaledRecord({
  result: 'rolled-back',
  reasonCode: 'image-pull-failed',
  message:
    'scale deployment/web in shop from 2 to 3 replicas: the image could not be pulled; the change was undone',
  changed: false,
  verdict: {
    ...scaleVerdict,
    result: 'rolled-back',
    reasonCode: 'image-pull-failed',
    checks: [{ summary: 'deployment/web has 3 available replicas', met: false, detail: '2 of 3' }],
    undo: {
      requests: [{ summary: 'set replicas of deployment/web from 3 to 2', outcome: 'applied', status: 200 }],
      checks: [{ summary: 'deployment/web has 2 available replicas', met: true, detail: '2 of 2' }],
    },
  },
});
