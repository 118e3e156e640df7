/** All that one execution knows about itself. Report, summary, outputs and closing line are views of it. */
import type { LogGap } from '../cluster/pod-log.ts';
import type { GateVerdict } from '../gates/gate.ts';
import type { Plan } from '../plan/plan.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { Risk } from '../plan/risk.ts';
import type { ExecutionResult, Milestone, Verdict } from '../plan/verdict.ts';
import type { PermissionRow, RehearsalReport } from '../rehearse/report.ts';
import type { ExecutionRequest, Mode } from '../spec/request.ts';

export type Result = ExecutionResult | 'planned' | 'simulated';

export interface RunRecord {
  readonly executionId: string;
  readonly mode: Mode;
  readonly request: ExecutionRequest;
  readonly namespace: string;
  /** By `environmentOf`, once the namespace was read; `environmentIn` says it where it was not. */
  readonly environment?: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly result: Result;
  readonly reasonCode: ReasonCode;
  readonly message: string;
  /** For a plan: whether it would change anything. */
  readonly changed: boolean;
  readonly timeline: readonly Milestone[];
  /** Before this one, oldest first: nothing was sent in them. */
  readonly attempts: readonly EarlierAttempt[];
  readonly cluster?: ClusterIdentity;
  readonly permissions: readonly PermissionRow[];
  readonly gates: readonly GateVerdict[];
  readonly plan?: Plan;
  readonly planHash?: string;
  readonly risk?: Risk;
  readonly rehearsal?: RehearsalReport;
  readonly job?: {
    readonly name: string;
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly exitCode?: number;
    /** Where no verdict came. `never-started`: it is gone, and had not started before. `unknown`: it may have acted, or act yet. */
    readonly fate?: 'never-started' | 'unknown';
    /** Where the cluster itself took the pod away: why, in its words. */
    readonly disruption?: string;
  };
  readonly verdict?: Verdict;
  readonly log?: LogReport;
  readonly collected?: Collection;
}

export interface EarlierAttempt
  extends Pick<RunRecord, 'executionId' | 'result' | 'reasonCode' | 'message' | 'log'> {
  readonly begunAt: string;
  readonly endedAt: string;
  readonly disruption?: string;
}

export interface ClusterIdentity {
  readonly server: string;
  readonly serverVersion: string;
  readonly user: string;
  /** Where the credentials came from: `kubeconfig input, context prod`. */
  readonly origin: string;
}

export interface LogReport {
  /** True only when the end was proven to have been read and all of it is in the file. */
  readonly complete: boolean;
  /** That the executor wrote; the file marks each gap with a line of its own. */
  readonly lines: number;
  readonly bytes: number;
  /** Hex, of the file as it is on disk. */
  readonly sha256: string;
  /** Where it is not complete: what is missing, and after which line. */
  readonly gaps: readonly LogGap[];
  /** The last lines, for the summary. */
  readonly tail: readonly string[];
  /** Path of the whole log on the runner. */
  readonly file: string;
}

/** What a plan that only reads has brought, in the plan's order. */
export interface Collection {
  /** On the runner; the files lie below it. */
  readonly folder: string;
  readonly files: readonly CollectedFile[];
}

export interface CollectedFile {
  /** As in the plan. */
  readonly file: string;
  /** `complete`: all there was. `cut`: all that the limit allowed. `absent`: there is none, as the note says. `failed`: missing or not whole. */
  readonly outcome: 'complete' | 'cut' | 'absent' | 'failed';
  readonly bytes: number;
  readonly lines: number;
  /** Hex, of the file as it is on disk; absent where there is no file. */
  readonly sha256?: string;
  readonly note?: string;
}
