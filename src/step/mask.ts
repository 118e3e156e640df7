import { setSecret } from '@actions/core';
import { isRecord } from '../plan/json.ts';
import { replaceSecrets } from '../run/secret-replacer.ts';

/** Shorter values are common words; masking them would make logs unreadable. */
const SHORTEST = 8;

/** What is hidden already: credentials are asked for with every request, and the runner forgets nothing. */
const hidden = new Set<string>();

/** All that was to be hidden so far, also outside GitHub Actions: the runner masks its log, but no file. */
export function hiddenTexts(): readonly string[] {
  return [...hidden];
}

/** With `***` for each of them: the runner masks neither files nor outputs. */
export function hideSecrets(text: string, secrets: readonly string[] = hiddenTexts()): string {
  const found = secrets.filter((secret) => text.includes(secret));
  return found.length === 0 ? text : replaceSecrets(Buffer.from(text), found).toString();
}

/** `hideSecrets` for every text of a document, before JSON quotes them. */
export function hideSecretsIn<Value>(document: Value, secrets?: readonly string[]): Value;
export function hideSecretsIn(document: unknown, secrets = hiddenTexts()): unknown {
  if (typeof document === 'string') return hideSecrets(document, secrets);
  if (Array.isArray(document)) return document.map((member) => hideSecretsIn(member, secrets));
  if (!isRecord(document)) return document;
  return Object.fromEntries(
    Object.entries(document).map(([name, member]) => [name, hideSecretsIn(member, secrets)]),
  );
}

/**
 * Has the runner hide these values and their base64 from now on. Call it before anything else knows them. Prints nothing
 * outside GitHub Actions, where the request itself would show them.
 */
export function maskSecrets(values: readonly string[]): void {
  const isHeard = process.env['GITHUB_ACTIONS'] === 'true';
  for (const value of maskedForms(values)) {
    if (isHeard && !hidden.has(value)) setSecret(value);
    hidden.add(value);
  }
}

/**
 * Every text to hide for these values, which nobody else takes apart. A value of several lines is hidden line by line,
 * since the runner hides each line of it anyway, also `}`; base64 of text is hidden decoded too. The first and last line
 * of a key would hide those of every other.
 */
export function maskedForms(values: readonly string[]): ReadonlySet<string> {
  const wholes = values.flatMap((value) => [value, value.trim()]).filter((text) => text.length >= SHORTEST);
  const given = wholes.flatMap(linesOf);
  // Of base64 in several lines each is a piece of the text, which tells nothing that the whole does not.
  const texts = wholes.flatMap((whole) => {
    const text = decoded(whole);
    return text.length > 0 ? text : linesOf(whole).flatMap(decoded);
  });
  const leaves = [...given, ...texts.flatMap(linesOf)];
  return new Set([...leaves, ...[...leaves, ...wholes].map((text) => Buffer.from(text).toString('base64'))]);
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line.length >= SHORTEST && !/^-----(?:BEGIN|END) /.test(line));
}

function decoded(value: string): string[] {
  if (!/^[A-Za-z0-9+/\r\n]{8,}={0,2}\s*$/.test(value)) return [];
  const bytes = Buffer.from(value, 'base64');
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) && /^[\t\r\n\x20-\x7e]+$/.test(text) ? [text] : [];
}
