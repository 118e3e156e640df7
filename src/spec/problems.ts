/** One thing wrong with the inputs or the spec. All are reported at once. */
export interface Problem {
  /** `input namespace`, `spec line 7, spec.parameters.replicas`. */
  readonly where: string;
  /** What is wrong and what is expected: `"abc" is not a whole number from 0 to 1000`. */
  readonly message: string;
  /** The nearest valid name, where one is near. */
  readonly nearest?: string;
  /** Follows from a secret that is empty, as all are on pull requests from forks. */
  readonly isOfEmptySecret?: true;
}

export type Path = readonly (string | number)[];

/** Says where a value stands: `spec line 7, spec.parameters.replicas`. */
export type Locate = (path: Path) => string;

/** Takes a problem; reading goes on, so that all are reported at once. */
export type Report = (problem: Problem) => void;

/** No more are said: hostile text has no end of them. */
export const MOST_PROBLEMS = 100;
/** Of all problems as they are said. */
const MOST_MESSAGE_BYTES = 60 * 1024;
const LONGEST_QUOTE = 60;
const LONGEST_PATH = 300;

export interface Limited {
  readonly report: Report;
  /** Whether a report would be dropped. */
  readonly isFull: () => boolean;
}

/** Passes on one problem more than are ever said, so that it can be said that there are more. */
export function limitProblems(report: Report): Limited {
  let count = 0;
  return {
    isFull: () => count > MOST_PROBLEMS,
    report(problem) {
      count += 1;
      if (count <= MOST_PROBLEMS + 1) report(problem);
    },
  };
}

/** A value for a message: on one line, short, and never the inside of a map or list, which may be long or secret. */
export function quote(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = spellOut(
    JSON.stringify(typeof value === 'string' ? value.slice(0, LONGEST_QUOTE + 1) : value),
  );
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…"`.toWellFormed();
}

/** A name from the spec for a message: as it is where it can't be taken for anything else, else quoted. */
export function sayName(name: string): string {
  if (!/^[\w./-]+$/.test(name)) return quote(name);
  return clip(name, LONGEST_QUOTE);
}

/** `spec.steps[2].name`. */
export function sayPath(path: Path): string {
  const text = path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${sayName(part)}`,
    )
    .join('');
  if (text.length <= LONGEST_PATH) return text;
  return `${text.slice(0, LONGEST_PATH * 0.6)}…${text.slice(-LONGEST_PATH * 0.4)}`.toWellFormed();
}

/** The beginning, with an ellipsis where there is more. */
export function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}…`.toWellFormed();
}

/** One line per problem: `input timeout: "5 min" is not a duration …; did you mean …?` */
export function sayProblem(problem: Problem): string {
  const hint = problem.nearest === undefined ? '' : ` Did you mean ${JSON.stringify(problem.nearest)}?`;
  const end = problem.message.endsWith('?') ? '' : '.';
  return spellOut(`${problem.where}: ${problem.message}${end}${hint}`);
}

/** The first problems, and that there are more. */
export function sayProblems(problems: readonly Problem[]): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const problem of problems.slice(0, MOST_PROBLEMS)) {
    const line = sayProblem(problem);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes > MOST_MESSAGE_BYTES && lines.length > 0) break;
    lines.push(line);
  }
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`… and at least ${more} more; mend these first.`] : [])].join('\n');
}

/** What ends a line, or is not seen, so that nothing in a message passes for another line. */
function spellOut(text: string): string {
  return text.replace(
    /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (found) => `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
