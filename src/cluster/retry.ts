/** When a request is sent again, and after how long. */
import type { ApiRequest, ApiResponse } from './api.ts';
import { ApiError, isWebhookAway, mayPass, NoAnswer } from './errors.ts';
import { backoffMs } from './pause.ts';

export interface RetryRules {
  /** Sends in all, the first one included. */
  readonly attempts: number;
  /** Before the second send; doubled for each further one, up to two seconds. */
  readonly backoffMs: number;
  /** No single wait is longer; a server that asks for more gets its answer passed on. */
  readonly maxWaitMs: number;
  /** No further attempt begins after this: a server behind a black hole takes each attempt's whole time. */
  readonly giveUpAfterMs: number;
}

const LONGEST_BACKOFF_MS = 2000;

/** About 10 s in all: a restarted API server is back in that time (3 to 7 s on a busy machine), a person still waits for it. */
export const RETRY_RULES: RetryRules = {
  attempts: 10,
  backoffMs: 250,
  maxWaitMs: 30_000,
  giveUpAfterMs: 45_000,
};

/** Milliseconds until the request is to be sent again, or undefined when the answer stands. `attempt` counts from 1. */
export function waitAfterAnswer(
  request: ApiRequest,
  answer: Pick<ApiResponse, 'status' | 'body'> & { readonly retryAfterSeconds?: number },
  attempt: number,
  rules: RetryRules,
): number | undefined {
  if (attempt >= rules.attempts || !isRetriable(request, answer)) return undefined;
  const asked = (answer.retryAfterSeconds ?? 0) * 1000;
  if (asked > rules.maxWaitMs) return undefined;
  return Math.max(asked, backoffMs(attempt, rules.backoffMs, LONGEST_BACKOFF_MS));
}

/** The same for a request that got no answer. One of which no byte was sent is always sent again. */
export function waitAfterSilence(
  request: ApiRequest,
  failure: NoAnswer,
  attempt: number,
  rules: RetryRules,
): number | undefined {
  if (attempt >= rules.attempts || failure.isFinal) return undefined;
  if (!failure.neverSent && !mayResend(request)) return undefined;
  return backoffMs(attempt, rules.backoffMs, LONGEST_BACKOFF_MS);
}

/** Whether the request may have been carried out behind it: a server that gave up on one may have it in etcd. */
export function leavesOpen(outcome: Pick<ApiResponse, 'status'> | NoAnswer): boolean {
  return outcome instanceof NoAnswer ? !outcome.neverSent : outcome.status >= 500;
}

function isRetriable(request: ApiRequest, answer: Pick<ApiResponse, 'status' | 'body'>): boolean {
  const error = new ApiError(answer.status, answer.body);
  return mayResend(request) && mayPass(error) && !isWebhookAway(error);
}

function mayResend(request: ApiRequest): boolean {
  return request.method === 'GET' || request.resendable === true;
}
