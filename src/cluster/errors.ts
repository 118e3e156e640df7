/** What can go wrong between us and an API server. */
import type { PlannedRequest } from '../plan/plan.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { statusMessage, withoutObjects } from '../plan/status-message.ts';

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** With where it was thrown, for an error that nobody has foreseen. */
export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The server's own refusal: a `Status` in its words, never its headers or body. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Whether a Kubernetes API server said it, and not a proxy, a gateway or another website. */
  readonly isStatus: boolean;
  /** `Status.reason`: NotFound, Forbidden, Conflict, Invalid …, or the empty string. */
  readonly reason: string;
  /** From Retry-After or `Status.details`. */
  readonly retryAfterSeconds: number | undefined;
  /** `Status.details.causes[].reason`, which tells a disruption budget's 429 from priority and fairness's. */
  readonly causes: readonly string[];
  /** What they say; for a disruption budget which one it is and what it asks for. */
  readonly causeMessages: readonly string[];

  constructor(status: number, body: unknown) {
    super(statusMessage(body) || `HTTP ${status}`);
    const causes = readPointer(body, '/details/causes');
    const retryAfter = readPointer(body, '/details/retryAfterSeconds');
    this.status = status;
    this.isStatus = textAt(body, '/kind') === 'Status';
    this.reason = textAt(body, '/reason');
    this.retryAfterSeconds = typeof retryAfter === 'number' ? retryAfter : undefined;
    this.causes = textsOf(causes, '/reason');
    this.causeMessages = textsOf(causes, '/message').map(withoutObjects);
  }
}

/** Whether the server is busy or failing: what it would have said is not known. Of an answer or an `ApiError`. */
export function cannotServe({ status }: { readonly status: number }): boolean {
  return status === 429 || status >= 500;
}

/** Whether the server is too busy for an answer; a disruption budget's 429 is one. */
function isOverload({ status, causes }: ApiError): boolean {
  return status === 429 && !causes.includes('DisruptionBudget');
}

/** What a server can't do, or a network that wants a login first. */
const LASTING = new Set([501, 505, 511]);

/** Whether no second try will change it: two budgets on one pod are a 500. */
export function isFinalFault({ status, message }: ApiError): boolean {
  return LASTING.has(status) || (status === 500 && message.includes('more than one PodDisruptionBudget'));
}

/** Whether the same request may be answered otherwise in a moment. */
export function mayPass(error: ApiError): boolean {
  return isOverload(error) || (error.status >= 500 && !isFinalFault(error));
}

/**
 * Whether a webhook was asked in vain. It may be back in a moment, and the executor, which has begun, waits for that;
 * before it has begun nothing is lost, and a person learns of it at once.
 */
export function isWebhookAway({ status, message }: ApiError): boolean {
  return status === 500 && message.includes('calling webhook');
}

/** Whether a precondition failed: 409 of a uid or resourceVersion, 422 of a `test` in a JSON patch. Any other 422 is of an object that is not valid. */
export function isConflict(
  { status }: { readonly status?: number },
  { patchType }: Pick<PlannedRequest, 'patchType'>,
): boolean {
  return status === 409 || (status === 422 && patchType === 'json');
}

/** Whether an eviction is refused for the time being alone; the namespace's controller ends the pod itself. */
export function isHeldBack({ causes }: ApiError): boolean {
  return causes.includes('DisruptionBudget') || causes.includes('NamespaceTerminating');
}

/** No answer came, or only a part of one: what became of the request is unknown. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  /** True when no byte of the request can have reached the server. */
  readonly neverSent: boolean;
  /** True where trying again would end the same way: a certificate that does not fit, a request that was stopped. */
  readonly isFinal: boolean;

  constructor(message: string, options: { neverSent?: boolean; isFinal?: boolean; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.neverSent = options.neverSent ?? false;
    this.isFinal = options.isFinal ?? false;
  }
}

/** The credentials can't be used, or give no answer to who we are; nothing was sent with them. Holds no secret. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
}

function textsOf(causes: unknown, pointer: string): readonly string[] {
  return Array.isArray(causes)
    ? causes.map((cause) => textAt(cause, pointer)).filter((text) => text !== '')
    : [];
}
