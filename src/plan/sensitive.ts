import { sameJson } from './canonical.ts';
import { isRecord } from './json.ts';
import type { ResourcePath } from './objects.ts';
import type { FieldChange } from './plan.ts';
import { isBareWord, isSecretName, redactText, redactWord, redactWords } from './redact-words.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Of environment variables and of headers: what they are called stands beside the value. */
const NAMED_VALUE = /\/(?:env(?:\/[^/]+(?:\/value)?)?|httpHeaders\/[^/]+\/value)$/;
const WORD = /\/(?:args|command)\/(?:-|\d+)$/;
const LATER_WORD = /\/(?:args|command)\/(?:-|[1-9]\d*)$/;

/**
 * The change with values that may be shown: of a Secret's fields, of environment variables and of fields named like a
 * credential only that they are `changed` or the `same`, without `before`; so too where what differs is redacted.
 */
export function showChange(of: ResourcePath, change: FieldChange): FieldChange {
  const { pointer } = change;
  if (isSensitive(of, change)) {
    return { pointer, after: sameJson(change.before, change.after) ? 'same' : 'changed' };
  }
  const before = redactAt(pointer, change.before);
  const after = redactAt(pointer, change.after);
  if (sameJson(before, after) && !sameJson(change.before, change.after)) return { pointer, after: 'changed' };
  return {
    pointer,
    ...('before' in change ? { before } : {}),
    ...('after' in change ? { after } : {}),
  };
}

export function holdsSecrets(of: ResourcePath): boolean {
  return of.group === '' && of.resource === 'secrets';
}

/**
 * A copy in which every text under a credential's name, every environment variable's value, and what looks like a
 * credential in any other text is `redacted`.
 */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.every(isText) ? redactWords(value) : value.map(redact);
  if (!isRecord(value)) return value;
  const isSecret = isText(value['name']) && isSecretName(value['name']);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecretMember(name, member) || (isSecret && name === 'value' && isText(member))
        ? 'redacted'
        : name === 'env'
          ? redactVariables(member)
          : redact(member),
    ]),
  );
}

/** `redact` for the value at the pointer: a word of a command line is one value to its end. */
export function redactAt(pointer: string, value: unknown): unknown {
  return isText(value) && WORD.test(pointer) ? redactWord(value) : redact(value);
}

function redactVariables(variables: unknown): unknown {
  if (!Array.isArray(variables) || variables.every(isText)) return redact(variables);
  return variables.map((variable) =>
    isRecord(variable) && 'value' in variable ? { ...variable, value: 'redacted' } : redact(variable),
  );
}

function isSecretMember(name: string, member: unknown): boolean {
  return name === LAST_APPLIED || (isText(member) && isSecretName(name));
}

/** Whether the field's value must not be shown. */
export function isSensitive(of: ResourcePath, { pointer, before, after }: FieldChange): boolean {
  // Tools keep copies of the whole object in annotations of their own.
  if (holdsSecrets(of))
    return !pointer.startsWith('/metadata/') || pointer.startsWith('/metadata/annotations');
  if (endsInLastApplied(pointer) || NAMED_VALUE.test(pointer)) return true;
  const texts = [before, after].filter(isText);
  // The word before it, which is not seen here, may be `--password`.
  if (LATER_WORD.test(pointer) && texts.some(isBareWord)) return true;
  return texts.length > 0 && isSecretName(pointer);
}

function endsInLastApplied(pointer: string): boolean {
  return pointer.endsWith(`/${LAST_APPLIED.replaceAll('/', '~1')}`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
