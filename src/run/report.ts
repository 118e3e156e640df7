/** The report of an execution: the KubernetesExecution object in artifact and output. */
import { isRecord } from '../plan/json.ts';
import { GROUP, LABEL } from '../plan/names.ts';
import { readPointer } from '../plan/pointer.ts';
import { redact } from '../plan/sensitive.ts';
import type { CheckVerdict } from '../plan/verdict.ts';
import type { Finding, RehearsalReport } from '../rehearse/report.ts';
import { affectedResources } from './affected-resources.ts';
import { conditionsOf } from './conditions.ts';
import { effectivenessOf } from './effectiveness.ts';
import { environmentIn } from './environment.ts';
import type {
  DryRunResults,
  ExecutionResults,
  ExecutionSpec,
  ExecutionStatus,
  KubernetesExecutionObject,
  PostConditionResult,
  RetryInfo,
  RollbackInformation,
  ValidationResults,
} from './kubernetes-execution.ts';
import type { LogReport, RunRecord } from './record.ts';
import { RESULT_TABLE } from './result-table.ts';
import { undoOutcome } from './undo-outcome.ts';

/** Only what is known, only the fields touched, and sensitive values as `changed` or `same`. */
export function renderReport(record: RunRecord): KubernetesExecutionObject {
  return {
    apiVersion: `${GROUP}/v1alpha1`,
    kind: 'KubernetesExecution',
    metadata: {
      name: record.executionId,
      namespace: record.job?.namespace,
      labels: {
        ...record.request.labels,
        [LABEL.action]: record.request.action.name,
        [LABEL.executionId]: record.executionId,
      },
    },
    spec: specOf(record),
    status: statusOf(record),
  };
}

/** From start to report, with three decimals at most. */
export function durationSecondsOf(record: Pick<RunRecord, 'startedAt' | 'finishedAt'>): number {
  return secondsBetween(record.startedAt, record.finishedAt);
}

function secondsBetween(begun: string, ended: string): number {
  return (Date.parse(ended) - Date.parse(begun)) / 1000;
}

function specOf(record: RunRecord): ExecutionSpec {
  const { action, parameters, timeouts } = record.request;
  const isOnManifest = action.takesManifest !== undefined;
  return {
    action: {
      type: action.name,
      target: isOnManifest ? homeOf(record) : targetOf(record),
      parameters: isOnManifest ? withManifestText(redact(parameters)) : redact(parameters),
    },
    timeout: `${timeouts.totalSeconds}s`,
  };
}

function targetOf({ request, namespace }: RunRecord): ExecutionSpec['action']['target'] {
  return {
    namespace: namespace || undefined,
    resourceKind: request.kind.kind,
    ...(request.selection
      ? { selector: request.selection.labels }
      : { resourceName: request.name || undefined }),
  };
}

function homeOf({ namespace }: RunRecord): ExecutionSpec['action']['target'] {
  return namespace === '' ? undefined : { namespace };
}

/** The objects as documents again, in place of what was read from them. */
function withManifestText(parameters: unknown): unknown {
  const manifest = readPointer(parameters, '/manifest');
  if (!isRecord(parameters) || !Array.isArray(manifest)) return parameters;
  const bodies = manifest.map((object: unknown) => readPointer(object, '/body'));
  return { ...parameters, manifest: bodies.map((body) => `${JSON.stringify(body)}\n`).join('---\n') };
}

function statusOf(record: RunRecord): ExecutionStatus {
  const score = effectivenessOf(record);
  const { cluster, risk } = record;
  return {
    phase: RESULT_TABLE[record.result].phase,
    result: record.result,
    reasonCode: record.reasonCode,
    message: record.message,
    changed: record.changed,
    mode: record.mode,
    environment: environmentIn(record),
    jobName: record.job?.name,
    planHash: record.planHash,
    planSummary: record.plan?.summary,
    cluster: cluster && { server: cluster.server, version: cluster.serverVersion, user: cluster.user },
    riskAssessment: risk && { riskLevel: risk.level, riskScore: risk.score, riskFactors: risk.factors },
    validationResults: validationOf(record),
    executionResults: executionOf(record),
    retryInfo: retriesOf(record),
    rollbackInformation: rollbackOf(record),
    performanceMetrics: score === undefined ? undefined : { effectivenessScore: score },
    collected: record.collected?.files,
    timeline: record.timeline,
    conditions: conditionsOf(record),
  };
}

function validationOf(record: RunRecord): ValidationResults {
  const { permissions, gates } = record;
  return {
    parameterValidation: true,
    rbacValidation: permissions.length === 0 ? undefined : permissions.every((row) => row.allowed === 'yes'),
    permissions,
    resourceExists: record.plan ? true : record.reasonCode === 'target-not-found' ? false : undefined,
    ...(gates.length === 0 ? {} : { policyValidation: policyOf(record) }),
    safetyChecks: gates,
    dryRunResults: record.rehearsal && dryRunOf(record, record.rehearsal),
    postConditionResults: (record.verdict?.checks ?? []).map(postConditionOf),
  };
}

function policyOf({ gates, request }: RunRecord): NonNullable<ValidationResults['policyValidation']> {
  const violations = gates.filter(({ verdict }) => verdict === 'refuse' || verdict === 'unknown');
  return {
    allowed: violations.length === 0,
    requiredApproval: request.requireApproval,
    violations: violations.map((gate) => gate.message),
  };
}

function dryRunOf(record: RunRecord, { requests, findings }: RehearsalReport): DryRunResults {
  const refused = requests.filter((request) => request.outcome === 'refused');
  const saying = (severity: Finding['severity']) =>
    findings.filter((one) => one.severity === severity).map((one) => `${one.about}: ${one.message}`);
  const refusals = saying('refusal');
  return {
    performed: requests.some((request) => request.outcome !== 'not-rehearsed'),
    success: refused.length === 0 && refusals.length === 0,
    estimatedImpact: { resourcesAffected: requests.length, description: record.plan?.summary ?? '' },
    warnings: saying('warning'),
    errors: [...refused.map((request) => `${request.summary}: ${request.message ?? 'refused'}`), ...refusals],
  };
}

function executionOf(record: RunRecord): ExecutionResults {
  const { job, log, result } = record;
  const { actionResult } = RESULT_TABLE[result];
  return {
    success: result === 'succeeded',
    actionResult,
    jobName: job?.name,
    jobNamespace: job?.namespace,
    serviceAccount: job?.serviceAccount,
    exitCode: job?.exitCode,
    disruption: job?.disruption,
    startTime: record.startedAt,
    endTime: record.finishedAt,
    duration: `${durationSecondsOf(record)}s`,
    retriesAttempted: record.attempts.length,
    resourcesAffected: affectedResources(record),
    kubernetesOperations: record.verdict?.requests ?? [],
    log: log && logOf(log),
    errorMessage: RESULT_TABLE[result].exit === 0 ? undefined : record.message,
  };
}

function retriesOf({ attempts }: RunRecord): RetryInfo | undefined {
  if (attempts.length === 0) return undefined;
  const retryHistory = attempts.map((attempt, index) => ({
    attemptNumber: index + 1,
    jobName: attempt.executionId,
    timestamp: attempt.begunAt,
    duration: `${secondsBetween(attempt.begunAt, attempt.endedAt)}s`,
    result: attempt.result,
    reasonCode: attempt.reasonCode,
    error: attempt.message,
    disruption: attempt.disruption,
  }));
  return { attemptCount: attempts.length + 1, retryHistory };
}

function logOf({ complete, lines, bytes, sha256, gaps }: LogReport): NonNullable<ExecutionResults['log']> {
  return { complete, lines, bytes, sha256, gaps };
}

/** The undo is there for a `mode: rollback` once the plan was carried out and not undone already. */
function rollbackOf(record: RunRecord): RollbackInformation | undefined {
  const { plan, verdict, job } = record;
  const outcome = undoOutcome(record);
  if (plan === undefined && outcome === 'none') return undefined;
  const isReversible = plan?.undo.kind === 'requests' && plan.undo.requests.length > 0;
  return {
    available: isReversible && job !== undefined && outcome === 'none',
    rollbackAction: sayUndo(record),
    triggered: outcome !== 'none',
    succeeded: outcome === 'none' ? undefined : outcome === 'done',
    operations: verdict?.undo?.requests,
    checks: verdict?.undo?.checks.map(postConditionOf),
  };
}

/** Of the plan; where there is none, of the run whose purpose the undo was. */
function sayUndo({ plan, verdict }: RunRecord): string {
  if (plan?.undo.kind === 'irreversible') return plan.undo.reason;
  const requests = plan?.undo.requests ?? verdict?.undo?.requests ?? [];
  return requests.map(({ summary }) => summary).join('; ');
}

function postConditionOf(check: CheckVerdict): PostConditionResult {
  return { conditionType: check.summary, evaluated: true, passed: check.met, detail: check.detail };
}
