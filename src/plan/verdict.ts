/** What became of an execution: written by the executor into its journal, read and reported by the step. */
import type { ReasonCode } from './reason-codes.ts';

export type ExecutionResult =
  | 'succeeded'
  | 'failed'
  | 'refused'
  | 'rolled-back'
  | 'rollback-failed'
  | 'cancelled'
  | 'timed-out'
  | 'skipped';

export interface Verdict {
  readonly version: 1;
  readonly executionId: string;
  readonly result: ExecutionResult;
  readonly reasonCode: ReasonCode;
  /** What failed, on which object, what the cluster said, what to do. */
  readonly message: string;
  /** In the plan's order; shorter than the plan where the executor stopped early. */
  readonly requests: readonly RequestVerdict[];
  readonly checks: readonly CheckVerdict[];
  /** Present when the undo was started. */
  readonly undo?: { readonly requests: readonly RequestVerdict[]; readonly checks: readonly CheckVerdict[] };
  readonly timeline: readonly Milestone[];
  /** How many lines the executor has printed; a log with as many is whole. */
  readonly logLines: number;
  /** The lists were too long for where it was written, and are empty here; `changed` and `undone` say what followed from them. */
  readonly shortened?: true;
  readonly changed?: boolean;
  readonly undone?: boolean;
}

export interface RequestVerdict {
  readonly summary: string;
  /** `applied`: 2xx seen, or found in the read-back. `not-applied`: never sent, or a definite refusal. */
  readonly outcome: 'applied' | 'not-applied' | 'unknown';
  /** Of the answer; absent when none came. */
  readonly status?: number;
  /** What the cluster said, where it refused or did not answer. */
  readonly message?: string;
  /** It was refused for the time being alone: by a disruption budget, an overloaded server, or in a namespace that is on its way out. */
  readonly heldBack?: true;
  /** Of the object that the request created. */
  readonly uid?: string;
}

export interface CheckVerdict {
  readonly summary: string;
  readonly met: boolean;
  readonly detail: string;
}

/** RFC 3339 with milliseconds. */
export interface Milestone {
  readonly at: string;
  readonly event: string;
}

/** Whether it is of a run whose whole purpose is the undo: what that sends is an undo's alone. */
export function isRollback({ requests, undo }: Verdict): boolean {
  return undo !== undefined && requests.length === 0;
}

/** Whether the undo came to its end and was verified: also where somebody had put the same back first, or nothing had arrived. */
export function isUndone({ undo, result, undone }: Verdict): boolean {
  if (undone !== undefined) return undone;
  return undo !== undefined && result !== 'rollback-failed' && undo.checks.every(({ met }) => met);
}

/** Whether the cluster was left otherwise than before. */
export function isChanged(verdict: Verdict): boolean {
  const { requests, undo, changed } = verdict;
  if (changed !== undefined) return changed;
  const sent = isRollback(verdict) ? (undo?.requests ?? []) : requests;
  const applied = sent.some((request) => request.outcome !== 'not-applied');
  return applied && (isRollback(verdict) || !isUndone(verdict));
}

/** What the executor's container ends with after this verdict. */
export function exitCodeOf({ result }: Verdict): 0 | 1 {
  return result === 'succeeded' || result === 'skipped' ? 0 : 1;
}

/** From a journal or a termination message; `undefined` for what no executor of ours has written. */
export function readVerdict(text: unknown): Verdict | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const verdict: Verdict = JSON.parse(text);
    return verdict.version === 1 && typeof verdict.result === 'string' ? verdict : undefined;
  } catch {
    return undefined;
  }
}

/** As JSON of at most so many bytes: first the lists go, which are in the log as well, then the message's end. */
export function writeVerdict(verdict: Verdict, mostBytes: number): string {
  const { undo: _undo, ...rest } = verdict;
  const short: Verdict = {
    ...rest,
    requests: [],
    checks: [],
    timeline: [],
    shortened: true,
    changed: isChanged(verdict),
    undone: isUndone(verdict),
  };
  const forms = [verdict, { ...verdict, timeline: [] }, short];
  const lengths = [2000, 1000, 500, 100].map((length) => ({
    ...short,
    message: verdict.message.slice(0, length).toWellFormed(),
  }));
  const texts = [...forms, ...lengths].map((form) => JSON.stringify(form));
  return texts.find((text) => Buffer.byteLength(text) <= mostBytes) ?? '';
}
