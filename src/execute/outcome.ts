/** How an execution, or a step of it, ends; also where an exception ends it. */
import { ApiError, cannotServe, messageOf, NoAnswer } from '../cluster/errors.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { ExecutionResult } from '../plan/verdict.ts';

/** What the verdict says of an execution, or of as much of it as has happened. */
export interface Outcome {
  readonly result: ExecutionResult;
  readonly reasonCode: ReasonCode;
  /** What failed, on which object, what the cluster said, what to do. */
  readonly message: string;
}

/** What an exception of the Kubernetes edge means. */
export function outcomeOf(error: unknown): Outcome {
  const message = messageOf(error);
  return { result: 'failed', reasonCode: reasonOf(error), message };
}

/** Whether the server is away or can't serve: what it would have said is not known. */
export function isAway(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  return error instanceof ApiError && cannotServe(error);
}

function reasonOf(error: unknown): ReasonCode {
  if (isAway(error)) return 'cluster-unreachable';
  if (!(error instanceof ApiError)) return 'internal-error';
  if (error.status === 401) return 'credentials-invalid';
  return error.status === 403 ? 'permission-missing' : 'internal-error';
}
