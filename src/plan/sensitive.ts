import { sameJson } from './canonical.ts';
import { isRecord } from './json.ts';
import type { ResourcePath } from './objects.ts';
import type { FieldChange } from './plan.ts';
import { pointerOf } from './pointer.ts';
import { isBareWord, isSecretName, REDACTED, redactText, redactWord, redactWords } from './redact-words.ts';

/** Annotations in which tools keep the whole object, as JSON, as a difference or packed. */
const COPIES = [
  'kubectl.kubernetes.io/last-applied-configuration',
  'kapp.k14s.io/original',
  'kapp.k14s.io/original-diff',
  'kapp.k14s.io/original-diff-full',
  'objectset.rio.cattle.io/applied',
  'banzaicloud.com/last-applied',
];
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
 * credential in any other text is the mark `<<redacted>>`. A text that is JSON is redacted as what it holds.
 */
export function redact(value: unknown): unknown {
  if (isText(value)) return redactJson(value) ?? redactText(value);
  if (Array.isArray(value))
    return value.every(isText) ? redactWords(value.map(redactHeld)) : value.map(redact);
  if (!isRecord(value)) return value;
  const isSecret = isText(value['name']) && isSecretName(value['name']);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecretMember(name, member) || (isSecret && name === 'value' && isText(member))
        ? REDACTED
        : name === 'env'
          ? redactVariables(member)
          : redact(member),
    ]),
  );
}

/** `undefined` where it is no JSON, or nothing in it is hidden: then it may stay as it is written. */
function redactJson(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const held: unknown = JSON.parse(text);
    const shown = redact(held);
    return sameJson(held, shown) ? undefined : JSON.stringify(shown);
  } catch (error) {
    // Anything else is about how deep it goes: nobody knows then what is in it.
    return error instanceof SyntaxError ? undefined : REDACTED;
  }
}

/** Other texts as they are. */
function redactHeld(text: string): string {
  return redactJson(text) ?? text;
}

/** `redact` for the value at the pointer: a word of a command line is one value to its end. */
export function redactAt(pointer: string, value: unknown): unknown {
  return isText(value) && WORD.test(pointer) ? redactWord(redactHeld(value)) : redact(value);
}

function redactVariables(variables: unknown): unknown {
  if (!Array.isArray(variables) || variables.every(isText)) return redact(variables);
  return variables.map((variable) =>
    isRecord(variable) && 'value' in variable ? { ...variable, value: REDACTED } : redact(variable),
  );
}

function isSecretMember(name: string, member: unknown): boolean {
  return COPIES.includes(name) || (isText(member) && isSecretName(name));
}

/** Whether the field's value must not be shown. */
export function isSensitive(of: ResourcePath, { pointer, before, after }: FieldChange): boolean {
  // Some tool may keep a copy of it in any of them.
  if (holdsSecrets(of))
    return !pointer.startsWith('/metadata/') || pointer.startsWith('/metadata/annotations');
  if (endsInCopy(pointer) || NAMED_VALUE.test(pointer)) return true;
  const texts = [before, after].filter(isText);
  // The word before it, which is not seen here, may be `--password`.
  if (LATER_WORD.test(pointer) && texts.some(isBareWord)) return true;
  return texts.length > 0 && isSecretName(pointer);
}

function endsInCopy(pointer: string): boolean {
  return COPIES.some((name) => pointer.endsWith(pointerOf([name])));
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
