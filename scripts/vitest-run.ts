/** Runs vitest projects and counts what really ran. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runCommand } from './run-command.ts';

export interface TestCounts {
  readonly passed: number;
  /** Tests that failed, and files or set-ups that broke before their tests. */
  readonly failed: number;
  /** Full names of tests that were skipped or are still to be written. */
  readonly skipped: readonly string[];
}

/** The part of vitest's JSON report that is used here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

export async function runProjects(
  projects: readonly string[],
  options: readonly string[] = [],
): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), 'kubernetes-executor-tests-'));
  const file = join(folder, 'report.json');
  const chosen = projects.flatMap((project) => ['--project', project]);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const args = ['run', ...chosen, ...reporters, ...options];
    const { code } = await runCommand('vitest', args, { cwd: ROOT, onLine: (line) => console.log(line) });
    return count(JSON.parse(await readFile(file, 'utf8').catch(() => 'null')), code);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function count(report: Report | null, code: number): TestCounts {
  if (report === null) return { passed: 0, failed: 1, skipped: [] };
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !hasFailed(assertionResults),
  );
  const failed = report.numFailedTests + broken.length;
  const skipped = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName);
  // vitest also ends with a code for errors outside of any test.
  return { passed: report.numPassedTests, failed: code === 0 ? failed : Math.max(failed, 1), skipped };
}

function hasFailed(results: readonly { readonly status: string }[]): boolean {
  return results.some(({ status }) => status === 'failed');
}
