import type { Result } from '../run/record.ts';

/** `rolled-back` → `Rolled back`. */
export function sayResult(result: Result): string {
  return `${result.charAt(0).toUpperCase()}${result.slice(1)}`.replaceAll('-', ' ');
}
