/** What of a pod's log is shown in the step's own log. The artifact has it all. */
import { replaceSecrets } from '../run/secret-replacer.ts';
import { closeColours, printable, spellOut } from './printable.ts';

/** Not white space, so that no line begins with a workflow command's `::`. */
const PREFIX = '│ ';
/** The runner gets slower with the square of a line's length: seconds at 6,000 characters. */
const LONGEST_PIECE = 4000;
/** A piece may end this much earlier, at white space, so that a masked word is not cut in two. */
const SLACK = 400;
const MOST_LINES = 5000;
/** Ten pieces: enough to see what it is. */
const LONGEST_LINE_BYTES = 40_000;

/** A line of a pod as lines for the runner's standard output, none of which can be a workflow command. */
export function neutralise(line: string): string[] {
  const shown = spellOut(line.replace(/\r?\n$/, ''));
  return cut(shown).map((piece) => `${PREFIX}${closeColours(piece)}`);
}

/**
 * Text of the step itself as lines that the runner takes for text, none longer than those of a pod. Of a line that is cut,
 * each piece is guarded as a line of its own, and secrets are taken out before: the runner would not know their halves.
 */
export function shortLines(text: string, secrets: readonly string[]): string {
  return text
    .split(/\r?\n/)
    .flatMap((line) => {
      const whole = printable(line);
      if (whole.length <= LONGEST_PIECE) return [whole];
      return cut(printable(replaceSecrets(Buffer.from(line), secrets).toString())).map(printable);
    })
    .join('\n');
}

export interface LogView {
  /** What to print for the next line of the log; nothing once the view is full. */
  show(line: Uint8Array): string[];
}

/**
 * A view that ends after so many printed lines, and cuts lines that are far too long for people, each with a note of
 * `where` the rest is. Secrets are taken out before anything is cut: the runner would not know the halves of one.
 */
export function createLogView(
  secrets: () => readonly string[],
  where: string,
  mostLines = MOST_LINES,
): LogView {
  let left = mostLines;
  return {
    show(line) {
      if (left < 0) return [];
      const hidden = line.length - LONGEST_LINE_BYTES;
      const text = replaceSecrets(line.subarray(0, LONGEST_LINE_BYTES), secrets(), hidden > 0);
      const rest = hidden > 0 ? [`${PREFIX}… and ${hidden} bytes more in this line; ${where}`] : [];
      const pieces = [...neutralise(text.toString('utf8')), ...rest];
      left -= pieces.length;
      return left < 0 ? [`${PREFIX}… and so on; ${where}`] : pieces;
    },
  };
}

function cut(line: string): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > LONGEST_PIECE) {
    const end = endOfPiece(rest);
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  return [...pieces, rest];
}

/** At white space near the limit, else at the limit but neither in a colour nor in a surrogate pair. */
function endOfPiece(line: string): number {
  const space = line.slice(LONGEST_PIECE - SLACK, LONGEST_PIECE).search(/\s\S*$/);
  if (space >= 0) return LONGEST_PIECE - SLACK + space + 1;
  const colour = line.lastIndexOf('\u001b', LONGEST_PIECE - 1);
  if (colour > 0 && line.indexOf('m', colour) >= LONGEST_PIECE) return colour;
  return /[\ud800-\udbff]/.test(line.charAt(LONGEST_PIECE - 1)) ? LONGEST_PIECE - 1 : LONGEST_PIECE;
}
