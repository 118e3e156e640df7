import { isRecord } from './json.ts';
import type { ResourcePath } from './objects.ts';
import type { FieldChange } from './plan.ts';

const SENSITIVE_NAME =
  /(?:password|passwd|passphrase|pwd|token|secret|credentials?|(?:api|access|private|signing)[-_.]?key|authorization|connection[-_.]?string)$/i;
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const ENVIRONMENT_VALUE = /\/env(?:\/[^/]+(?:\/value)?)?$/;

/**
 * The change with values that may be shown: of a Secret's fields, of environment variables and of fields named like a
 * credential only that they are `changed` or the `same`.
 */
export function showChange(of: ResourcePath, change: FieldChange): FieldChange {
  if (isSensitive(of, change)) {
    return { pointer: change.pointer, after: isSame(change.before, change.after) ? 'same' : 'changed' };
  }
  return {
    pointer: change.pointer,
    ...('before' in change ? { before: redact(change.before) } : {}),
    ...('after' in change ? { after: redact(change.after) } : {}),
  };
}

/** Whether what is called so is likely a credential: `DB_PASSWORD`, `--api-key`. */
export function isSecretName(name: string): boolean {
  return SENSITIVE_NAME.test(name);
}

export function holdsSecrets(of: ResourcePath): boolean {
  return of.group === '' && of.resource === 'secrets';
}

/** A copy in which every text under a credential's name, and every environment variable's value, is `redacted`. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecretMember(name, member) ? 'redacted' : name === 'env' ? redactVariables(member) : redact(member),
    ]),
  );
}

function redactVariables(variables: unknown): unknown {
  if (!Array.isArray(variables)) return redact(variables);
  return variables.map((variable) =>
    isRecord(variable) && 'value' in variable ? { ...variable, value: 'redacted' } : variable,
  );
}

function isSecretMember(name: string, member: unknown): boolean {
  return name === LAST_APPLIED || (typeof member === 'string' && SENSITIVE_NAME.test(name));
}

/** Whether the field's value must not be shown. */
export function isSensitive(of: ResourcePath, { pointer, before, after }: FieldChange): boolean {
  if (holdsSecrets(of)) return !pointer.startsWith('/metadata/') || endsInLastApplied(pointer);
  if (endsInLastApplied(pointer) || ENVIRONMENT_VALUE.test(pointer)) return true;
  const isText = typeof before === 'string' || typeof after === 'string';
  return isText && SENSITIVE_NAME.test(pointer);
}

function endsInLastApplied(pointer: string): boolean {
  return pointer.endsWith(`/${LAST_APPLIED.replaceAll('/', '~1')}`);
}

/** The annotation in which `kubectl apply` keeps the whole object, values and all. */
export function isLastApplied(annotation: string): boolean {
  return annotation === LAST_APPLIED;
}

function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
