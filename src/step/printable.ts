/** Text of the cluster made safe for the runner's standard output, where a line can be a workflow command. */

const COLOUR = String.raw`\u001b\[[\d;:]{0,32}m`;
const COLOURS = new RegExp(COLOUR, 'g');
const HIDDEN = new RegExp(`(${COLOUR})|[\\p{Cc}\\p{Zl}\\p{Zp}]|(?![\\u200c\\u200d])\\p{Cf}`, 'gu');
/** Joiners are the only invisible characters that stay, for the scripts that need them. */
const JOINERS = '[\\u200c\\u200d]*';
const BRACKET_COMMAND = new RegExp(`(#${JOINERS}#${JOINERS})\\[`, 'g');
const COLON_COMMAND = new RegExp(`^([\\s\\u200c\\u200d]*)(:${JOINERS}:)`);
const RESET = '\u001b[0m';

/**
 * One or more lines that the runner takes for text: `##[` anywhere and `::` at a line's start are broken by a
 * backslash; what a terminal would act on or not show is spelt out (`␍`, `\u202e`), but for tabs, line feeds, colours.
 *
 * The runner compares by the rules of a language (`StartsWith` and `IndexOf` without `Ordinal` in its
 * `ActionCommand.cs`), which skip invisible characters; hence none stays that could hide in a command.
 */
export function printable(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => closeColours(spellOut(line).replace(COLON_COMMAND, '$1\\$2')))
    .join('\n');
}

/** A line without hidden characters and without `##[`; guarding its start and its colours is left to the caller. */
export function spellOut(line: string): string {
  return line
    .toWellFormed()
    .replace(HIDDEN, (found, colour: string | undefined) => colour ?? nameOf(found))
    .replace(BRACKET_COMMAND, '$1\\[');
}

/** The line, so that its colours end with it. */
export function closeColours(line: string): string {
  return line.includes('\u001b') ? `${line}${RESET}` : line;
}

export function dropColours(line: string): string {
  return line.replace(COLOURS, '');
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\t') return character;
  if (code === 0x7f) return '␡';
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
