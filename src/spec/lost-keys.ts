import type { Locate, Path, Report } from './problems.ts';
import { limitProblems } from './problems.ts';

/** The parser of shapes leaves it out of every map without a word. */
const LOST = '__proto__';

/** Refuses a key that would vanish, wherever it stands: a value that was asked for would not be there. */
export function reportLostKeys(value: unknown, locate: Locate, report: Report): void {
  const limited = limitProblems(report);
  visit(value, [], (path) => {
    if (limited.isFull()) return;
    limited.report({ where: locate(path), message: `the key ${LOST} can't be kept; use another` });
  });
}

function visit(value: unknown, path: Path, lose: (path: Path) => void): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === LOST) lose(at);
    else visit(member, at, lose);
  }
}
