/** What a rehearsal found: who may do what, and what the API server said to each request's dry run. */

export interface PermissionRow {
  readonly who: 'caller' | 'action';
  readonly identity: string;
  /** `patch deployments/scale.apps in shop`. */
  readonly permission: string;
  readonly allowed: 'yes' | 'no' | 'unknown';
  /** The server's reason, where it gave one. */
  readonly reason?: string;
  /** YAML to apply where it is missing. */
  readonly grant?: string;
}

/** A row before it is known whose right it is, and what grants it. */
export type ReviewedRight = Pick<PermissionRow, 'permission' | 'allowed' | 'reason'>;

export interface RehearsalReport {
  readonly requests: readonly RehearsedRequest[];
  /** Warnings of the server and refusals of the pods to come. */
  readonly findings: readonly Finding[];
}

export interface RehearsedRequest {
  readonly summary: string;
  readonly outcome: 'accepted' | 'refused' | 'not-rehearsed';
  readonly status?: number;
  readonly message?: string;
  readonly diff: readonly DiffLine[];
}

/** A field that the dry run's answer has otherwise than the live object; values of sensitive fields are `changed`. */
export interface DiffLine {
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface Finding {
  readonly severity: 'warning' | 'refusal';
  readonly about: string;
  readonly message: string;
}
