/** What can go wrong between us and an API server. */
import { isRecord } from '../plan/json.ts';

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The server's own refusal: a `Status` in its words, never its headers or body. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** `Status.reason`: NotFound, Forbidden, Conflict, Invalid …, or the empty string. */
  readonly reason: string;
  /** From Retry-After or `Status.details`. */
  readonly retryAfterSeconds: number | undefined;
  /** `Status.details.causes[].reason`, which tells a disruption budget's 429 from priority and fairness's. */
  readonly causes: readonly string[];
  /** What they say; for a disruption budget which one it is and what it asks for. */
  readonly causeMessages: readonly string[];

  constructor(status: number, body: unknown) {
    const parsed = readStatus(body);
    super(parsed.message === '' ? `HTTP ${status}` : parsed.message);
    this.status = status;
    this.reason = parsed.reason;
    this.retryAfterSeconds = parsed.retryAfterSeconds;
    this.causes = parsed.causes;
    this.causeMessages = parsed.causeMessages;
  }
}

/** Whether the server is busy or failing: what it would have said is not known. Of an answer or an `ApiError`. */
export function cannotServe({ status }: { readonly status: number }): boolean {
  return status === 429 || status >= 500;
}

/** Whether a precondition failed: 409 of a uid or resourceVersion, 422 of a `test` in a JSON patch. */
export function isConflict({ status }: { readonly status?: number }): boolean {
  return status === 409 || status === 422;
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

function readStatus(body: unknown): {
  message: string;
  reason: string;
  retryAfterSeconds: number | undefined;
  causes: string[];
  causeMessages: string[];
} {
  if (!isRecord(body)) {
    return {
      message: typeof body === 'string' ? body.slice(0, 1000) : '',
      reason: '',
      retryAfterSeconds: undefined,
      causes: [],
      causeMessages: [],
    };
  }
  const details = isRecord(body['details']) ? body['details'] : {};
  const causes = Array.isArray(details['causes']) ? details['causes'] : [];
  return {
    message: typeof body['message'] === 'string' ? withoutDumps(body['message']) : '',
    reason: typeof body['reason'] === 'string' ? body['reason'] : '',
    retryAfterSeconds:
      typeof details['retryAfterSeconds'] === 'number' ? details['retryAfterSeconds'] : undefined,
    causes: textsOf(causes, 'reason'),
    causeMessages: textsOf(causes, 'message').map(withoutDumps),
  };
}

function textsOf(causes: readonly unknown[], field: string): string[] {
  return causes.flatMap((cause) => {
    const text = isRecord(cause) ? cause[field] : undefined;
    return typeof text === 'string' ? [text] : [];
  });
}

/** Field errors quote the whole live object, be it a Secret: nobody needs it, and messages are public. */
function withoutDumps(message: string): string {
  return message
    .replaceAll(/Invalid value: "\{(?:[^"\\]|\\.)*"/g, 'Invalid value: (object)')
    .replaceAll(/Invalid value: \{.*\}(?=: )/gs, 'Invalid value: (object)');
}
