/** Tests don't vanish unseen: the number of end-to-end tests is held, and a skipped one needs a name on a list. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './run-command.ts';
import { foreignKubeconfig } from './toolbox.ts';
import type { TestCounts } from './vitest-run.ts';

interface Exclusion {
  /** The test's full name, as vitest prints it. */
  readonly test: string;
  /** What of our own cluster it needs. */
  readonly reason: string;
}

/** What is written down about the end-to-end tests. */
export interface HeldTests {
  readonly expected: number;
  /** Full names of tests that may be skipped here. */
  readonly excused: readonly string[];
}

/** A sentence per rule that is broken. */
export function findMissingTests(
  unit: TestCounts,
  e2e: TestCounts,
  { expected, excused }: HeldTests,
): string[] {
  const skipped = [...unit.skipped, ...e2e.skipped.filter((name) => !excused.includes(name))];
  const found = e2e.passed + e2e.failed + e2e.skipped.length;
  const sentences = skipped.map(
    (name) => `skipped, which only test/e2e/exclusions.json may allow, on foreign clusters: ${name}`,
  );
  if (found !== expected) {
    sentences.push(
      `${found} end-to-end tests, but test/e2e/expected-count.json says ${expected}: was one lost, or is the number to be changed?`,
    );
  }
  return sentences;
}

export async function readHeldTests(): Promise<HeldTests> {
  const { tests } = await readE2e<{ tests: number }>('expected-count.json');
  const exclusions = foreignKubeconfig === undefined ? [] : await readE2e<Exclusion[]>('exclusions.json');
  return { expected: tests, excused: exclusions.map(({ test }) => test) };
}

async function readE2e<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(ROOT, 'test/e2e', name), 'utf8'));
}
