/** What looks like a credential in texts that people write freely: command lines, headers, addresses. */

/** In place of what is hidden: nothing that anybody writes, so that a spec in which it still stands can be refused. */
export const REDACTED = '<<redacted>>';

const NAME =
  '(?:password|passwd|passphrase|pwd|token|secret|credentials?|(?:api|access|private|signing)[-_.]?key|authorization|connection[-_.]?string)';
const VALUE = String.raw`(?:"(?:[^"\\]|\\.)*"|'[^']*'|\S+)`;
const SENSITIVE_NAME = new RegExp(`${NAME}$`, 'i');
/** `--db-password=x`, `-token=x`, `PASSWORD=x`. */
const ASSIGNMENT = /^(-{0,2}[\w.-]+)=/;
const OPTION = /^-{1,2}[\w.-]+$/;
/** A word that says itself what it is. What ends in `=` is rather the padding of base64. */
const NAMED_WORD = /^(?:--[\w.-]+$|-{0,2}[\w.-]+=[^=])/;
/** Up to the last `@` of the authority: passwords have some, and so have lists of hosts. */
const ADDRESS_CREDENTIALS = /(:\/\/)[^\s/]+@/g;
/** `PASSWORD=x`, `?token=x`, `Authorization: Basic x`, `"apiKey":"x"`; not the `secret:db` of a resource's name. */
const NAMED_VALUE = new RegExp(
  String.raw`(${NAME}["']?(?:=|:[ \t]+|:(?=["'])))(?:(?:bearer|basic|token)[ \t]+)?${VALUE}`,
  'gi',
);
const OPTION_VALUE = new RegExp(String.raw`(?<![\w.-])(-{1,2}[\w.-]*${NAME}[ \t]+)${VALUE}`, 'gi');
const BEARER = /\b(bearer[ \t]+)[\w.~+/=-]{8,}/gi;

/** Whether what is called so is likely a credential: `DB_PASSWORD`, `--api-key`; a pointer is called as it ends. */
export function isSecretName(name: string): boolean {
  return SENSITIVE_NAME.test(name);
}

/** With the mark for each credential that can be told by the name before it or by its place in an address. */
export function redactText(text: string): string {
  return text
    .replace(ADDRESS_CREDENTIALS, `$1${REDACTED}@`)
    .replace(NAMED_VALUE, `$1${REDACTED}`)
    .replace(OPTION_VALUE, `$1${REDACTED}`)
    .replace(BEARER, `$1${REDACTED}`);
}

/** A command line, or any other list of texts. */
export function redactWords(words: readonly string[]): readonly string[] {
  return words.map((word, index) => {
    const before = words[index - 1];
    return before !== undefined && isSecretOption(before) ? REDACTED : redactWord(word);
  });
}

/** The values of a command line that are a credential's by the name before them: `--client-secret=x`, `--client-secret x`. */
export function namedValues(words: readonly string[]): readonly string[] {
  return words.flatMap((word, index) => {
    const before = words[index - 1];
    if (before !== undefined && isSecretOption(before)) return [word];
    const name = assignedSecret(word);
    return name === undefined ? [] : [word.slice(name.length + 1)];
  });
}

/** One of a command line: all that is assigned in it is one value, whatever blanks that has. */
export function redactWord(word: string): string {
  const name = assignedSecret(word);
  return name === undefined ? redactText(word) : `${name}=${REDACTED}`;
}

function isSecretOption(word: string): boolean {
  return OPTION.test(word) && isSecretName(word);
}

/** The credential's name that something is assigned to. */
function assignedSecret(word: string): string | undefined {
  const [, name] = ASSIGNMENT.exec(word) ?? [];
  return name !== undefined && isSecretName(name) ? name : undefined;
}

/** Whether the word can be the value of an option before it. */
export function isBareWord(word: string): boolean {
  return !NAMED_WORD.test(word);
}
