/** An object for people to read, without what may be secret in it. */
import { isRecord } from '../plan/json.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { isSecretName, redact } from '../plan/sensitive.ts';

/** `--db-password=x`, `-token=x`, `PASSWORD=x`. */
const ASSIGNMENT = /^(-{0,2}[\w.-]+)=/;
const OPTION = /^-{1,2}[\w.-]+$/;
const ADDRESS_CREDENTIALS = /(:\/\/)[^\s/@]+@/g;

/**
 * Without managed fields, values of environment variables, values under a credential's name, those of options in command
 * lines and of headers with such a name, and credentials in addresses.
 */
export function redactObject(object: KubernetesObject): unknown {
  const { managedFields: _managed, ...metadata } = { managedFields: undefined, ...object.metadata };
  return redactTexts(redact({ ...object, metadata }));
}

function redactTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(ADDRESS_CREDENTIALS, '$1redacted@');
  if (Array.isArray(value)) return value.every(isText) ? redactWords(value) : value.map(redactTexts);
  if (!isRecord(value)) return value;
  const members = Object.entries(value).map(([name, member]) => [name, redactTexts(member)]);
  const isSecret = typeof value['name'] === 'string' && isSecretName(value['name']);
  const hidden = isSecret && typeof value['value'] === 'string' ? [['value', 'redacted']] : [];
  return Object.fromEntries([...members, ...hidden]);
}

/** A command line, or any other list of texts. */
function redactWords(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const before = words[index - 1];
    if (before !== undefined && OPTION.test(before) && isSecretName(before)) return 'redacted';
    const [, name] = ASSIGNMENT.exec(word) ?? [];
    return name !== undefined && isSecretName(name)
      ? `${name}=redacted`
      : word.replace(ADDRESS_CREDENTIALS, '$1redacted@');
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
