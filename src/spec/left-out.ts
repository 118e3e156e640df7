import { REDACTED } from '../plan/redact-words.ts';
import type { Path } from './problems.ts';

export const SAY_LEFT_OUT = `has ${REDACTED} in it, which stands for what a report has left out; put that in`;

/** A report can be given again as a spec, but its mark is no value: where a spec still has it. */
export function leftOutIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === 'string') return value.includes(REDACTED) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    leftOutIn(member, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
