/**
 * The report's shape: a KubernetesExecution with its status filled in. A field that is `undefined` is not known and
 * is not there once the object is JSON.
 */
import type { GateVerdict } from '../gates/gate.ts';
import type { RiskLevel } from '../plan/risk.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import type { PermissionRow } from '../rehearse/report.ts';
import type { Mode } from '../spec/request.ts';
import type { CollectedFile, LogReport, Result } from './record.ts';
import type { ResultRow } from './result-table.ts';

export interface KubernetesExecutionObject {
  readonly apiVersion: 'kubernetesexecution.kubernaut.io/v1alpha1';
  readonly kind: 'KubernetesExecution';
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly spec: ExecutionSpec;
  readonly status: ExecutionStatus;
}

/** In the shape that a spec may have, so that a report can be run again, once what is `<<redacted>>` is put in. */
export interface ExecutionSpec {
  readonly action: {
    readonly type: string;
    /** Absent for what acts on the objects of a manifest, in no namespace of its own. */
    readonly target?:
      | {
          readonly namespace?: string | undefined;
          readonly resourceKind?: string;
          readonly resourceName?: string | undefined;
          readonly selector?: string | undefined;
        }
      | undefined;
    readonly parameters: unknown;
  };
  readonly timeout: string;
}

export interface ExecutionStatus {
  readonly phase: ResultRow['phase'];
  readonly result: Result;
  readonly reasonCode: string;
  readonly message: string;
  readonly changed: boolean;
  readonly mode: Mode;
  readonly environment: string;
  readonly jobName?: string | undefined;
  readonly planHash?: string | undefined;
  readonly planSummary?: string | undefined;
  readonly cluster?: { readonly server: string; readonly version: string; readonly user: string } | undefined;
  readonly riskAssessment?: RiskAssessment | undefined;
  readonly validationResults: ValidationResults;
  readonly executionResults: ExecutionResults;
  /** Where there was more than one attempt. */
  readonly retryInfo?: RetryInfo | undefined;
  readonly rollbackInformation?: RollbackInformation | undefined;
  readonly performanceMetrics?: { readonly effectivenessScore: number } | undefined;
  /** Files of the artifact that hold what was read. */
  readonly collected?: readonly CollectedFile[] | undefined;
  readonly timeline: readonly { readonly at: string; readonly event: string }[];
  readonly conditions: readonly ReportCondition[];
  /** Says so where a copy of the report was shortened. */
  readonly shortened?: string | undefined;
}

export interface RiskAssessment {
  readonly riskLevel: RiskLevel;
  readonly riskScore: number;
  readonly riskFactors: readonly {
    readonly name: string;
    readonly weight: number;
    readonly detail: string;
  }[];
}

export interface ValidationResults {
  readonly parameterValidation: true;
  /** Whether every permission that was asked for is there. */
  readonly rbacValidation?: boolean | undefined;
  readonly permissions: readonly PermissionRow[];
  readonly resourceExists?: boolean | undefined;
  readonly policyValidation?: {
    readonly allowed: boolean;
    readonly requiredApproval: boolean;
    readonly violations: readonly string[];
  };
  readonly safetyChecks: readonly GateVerdict[];
  readonly dryRunResults?: DryRunResults | undefined;
  readonly postConditionResults: readonly PostConditionResult[];
}

export interface DryRunResults {
  readonly performed: boolean;
  readonly success: boolean;
  readonly estimatedImpact: { readonly resourcesAffected: number; readonly description: string };
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

export interface PostConditionResult {
  readonly conditionType: string;
  readonly evaluated: true;
  readonly passed: boolean;
  readonly detail: string;
}

export interface ExecutionResults {
  readonly success: boolean;
  readonly actionResult?: ResultRow['actionResult'] | undefined;
  readonly jobName?: string | undefined;
  readonly jobNamespace?: string | undefined;
  readonly serviceAccount?: string | undefined;
  readonly exitCode?: number | undefined;
  /** Where the cluster itself took the executor's pod away: why, in its words. */
  readonly disruption?: string | undefined;
  readonly startTime: string;
  readonly endTime: string;
  readonly duration: string;
  /** Attempts before the last one. */
  readonly retriesAttempted: number;
  readonly resourcesAffected: readonly AffectedResource[];
  readonly kubernetesOperations: readonly RequestVerdict[];
  readonly log?: Pick<LogReport, 'complete' | 'lines' | 'bytes' | 'sha256' | 'gaps'> | undefined;
  readonly errorMessage?: string | undefined;
}

export interface RetryInfo {
  readonly attemptCount: number;
  readonly retryHistory: readonly EarlierAttemptResult[];
}

/** Nothing was sent in it. */
export interface EarlierAttemptResult {
  readonly attemptNumber: number;
  readonly jobName: string;
  readonly timestamp: string;
  readonly duration: string;
  readonly result: Result;
  readonly reasonCode: string;
  readonly error: string;
  /** In the cluster's words. */
  readonly disruption?: string | undefined;
}

export interface AffectedResource {
  readonly kind?: string | undefined;
  /** `deployments.apps`. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly action: 'created' | 'deleted' | 'scaled' | 'restarted' | 'patched';
  /** `planned`: nothing was sent. `unknown`: it may have been done. `undone`: done, and then undone. */
  readonly outcome: 'planned' | 'applied' | 'unknown' | 'undone';
  /** By JSON pointer; a field that was not there is absent, one whose value may not be shown is `changed` or `same`. */
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
}

export interface RollbackInformation {
  readonly available: boolean;
  /** What the undo would do, or why there is none. */
  readonly rollbackAction: string;
  readonly triggered: boolean;
  readonly succeeded?: boolean | undefined;
  readonly operations?: readonly RequestVerdict[] | undefined;
  readonly checks?: readonly PostConditionResult[] | undefined;
}

/** As in Kubernetes: `reason` is a word in PascalCase. */
export interface ReportCondition {
  readonly type: 'ActionSupported' | 'Validated' | 'Completed' | 'RolledBack' | 'Ready';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}
