import type { Problem } from './request.ts';

export type Path = readonly (string | number)[];

/** Says where a value stands: `spec line 7, spec.parameters.replicas`. */
export type Locate = (path: Path) => string;

/** Takes a problem; reading goes on, so that all are reported at once. */
export type Report = (problem: Problem) => void;

const LONGEST_QUOTE = 60;

/** A value for a message: on one line, short, and never the inside of a map or list, which may be long or secret. */
export function quote(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = JSON.stringify(value);
  return text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…"`;
}

/** `spec.steps[2].name`. */
export function sayPath(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`))
    .join('');
}

/** One line per problem: `input timeout: "5 min" is not a duration …; did you mean …?` */
export function sayProblem(problem: Problem): string {
  const hint = problem.nearest === undefined ? '' : ` Did you mean ${JSON.stringify(problem.nearest)}?`;
  const end = problem.message.endsWith('?') ? '' : '.';
  return `${problem.where}: ${problem.message}${end}${hint}`;
}
