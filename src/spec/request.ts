/** What was asked for, after inputs and spec were read, checked and joined. Nothing here is raw text any more. */
import type { Action, Selection, TargetKind } from '../catalog/action.ts';
import { say } from '../plan/objects.ts';
import type { ExecutionSettings } from '../plan/plan.ts';
import type { RiskLevel } from '../plan/risk.ts';
import type { SecretValues } from '../plan/secret-values.ts';

/** The request of one run of the action. */
export interface RunRequest {
  readonly mode: Mode;
  /** In order; more than one where the spec has several documents. Never empty. */
  readonly executions: readonly ExecutionRequest[];
  readonly options: RunOptions;
}

export type Mode = 'run' | 'plan' | 'apply' | 'rollback' | 'simulate';

export interface ExecutionRequest {
  readonly action: Action;
  /** Already parsed by the action's schema. */
  readonly parameters: unknown;
  /** From `secret-values`; masked, and for the cluster alone. */
  readonly values?: SecretValues;
  readonly kind: TargetKind;
  /** Empty where `selection` says which. */
  readonly name: string;
  readonly selection?: Selection;
  /** Absent: the context's, else `default`. */
  readonly namespace?: string;
  /** A spec may ask for a person's word; `run` refuses then and names `plan` and `apply`. */
  readonly requireApproval: boolean;
  /** Those of the inputs, tightened by the spec where it says so. */
  readonly settings: ExecutionSettings;
  readonly timeouts: Timeouts;
  /** How often a Job is begun again that the cluster took away before anything was sent. */
  readonly retries: number;
  /** As the spec gave them, for the report: labels, references to a workflow, correlation ids. */
  readonly labels: Readonly<Record<string, string>>;
}

/** `deployment/web`, `pods with app=web`. */
export function sayTarget({ action, kind, name, selection }: ExecutionRequest): string {
  if (action.takesManifest !== undefined) return 'the objects of its manifest';
  return selection ? `${kind.kind.toLowerCase()}s with ${selection.labels}` : say({ kind: kind.kind, name });
}

export interface Timeouts {
  /** For everything from start to report. */
  readonly totalSeconds: number;
  /** Until the executor's container runs. */
  readonly scheduleSeconds: number;
  /** From then until the executor's end, verification and undo included. */
  readonly runSeconds: number;
}

export interface RunOptions {
  readonly jobNamespace: string;
  readonly jobLabels: Readonly<Record<string, string>>;
  readonly jobAnnotations: Readonly<Record<string, string>>;
  readonly streamLogs: boolean;
  readonly uploadArtifact: 'always' | 'on-failure' | 'never';
  readonly artifactName?: string;
  readonly retentionDays?: number;
  readonly gitops: 'refuse' | 'warn';
  readonly force: boolean;
  readonly maxRisk: RiskLevel;
  readonly maxReplicaChange?: number;
  /** The uid that the target must have. */
  readonly expectedUid?: string;
  /** For `mode: apply`. */
  readonly planHash?: string;
  /** For `mode: rollback`: the execution to undo. */
  readonly executionId?: string;
}

/** Which credentials were given; exactly one kind. Values are secret and already masked. */
export type CredentialInputs =
  | { readonly kind: 'kubeconfig'; readonly kubeconfig: string; readonly context?: string }
  | {
      readonly kind: 'token';
      readonly server: string;
      readonly certificateAuthority?: string;
      readonly token: string;
    }
  | {
      readonly kind: 'oidc';
      readonly server: string;
      readonly certificateAuthority?: string;
      readonly audience: string;
    }
  | { readonly kind: 'environment'; readonly context?: string }
  | { readonly kind: 'in-cluster' };
