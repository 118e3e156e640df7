/**
 * npm test: everything there is to check. Writes nothing into the work tree. Its last line is `N passed, N failed`, where
 * a failed check counts like a failed test.
 */
import { CHECKS, passes, workflowCheck } from './checks.ts';
import { findMissingTests, readHeldTests } from './held-tests.ts';
import { endCluster, prepareCluster, startCluster } from './test-cluster.ts';
import { installGoTool, putToolsInPath, say } from './toolbox.ts';
import { runProjects, type TestCounts } from './vitest-run.ts';

/** End-to-end tests mostly wait for the cluster. */
const E2E_WORKERS = 4;

const NOTHING: TestCounts = { passed: 0, failed: 0, skipped: [] };

process.exitCode = (await testAll()) ? 0 : 1;

async function testAll(): Promise<boolean> {
  putToolsInPath();
  const preparation = Promise.allSettled([prepare()]);
  const faults: string[] = [];
  for (const check of CHECKS) if (!(await passes(check, say))) faults.push(check.name);
  const unit = await runProjects(['unit']);
  const [prepared] = await preparation;
  // They hold our reading of kubeconfigs against kubectl's, which is there by now.
  const contract = await runProjects(['contract']);
  const e2e = prepared?.status === 'fulfilled' ? await testEndToEnd(faults) : NOTHING;
  if (prepared?.status === 'rejected') faults.push(`end to end not tested: ${messageOf(prepared.reason)}`);
  faults.push(
    ...findMissingTests(
      { ...unit, skipped: [...unit.skipped, ...contract.skipped] },
      e2e,
      await readHeldTests(),
    ),
  );
  return conclude([unit, contract, e2e], faults);
}

/** The slow part of a first run, beside which the quick checks run. */
async function prepare(): Promise<void> {
  await installGoTool('actionlint');
  await prepareCluster();
  await installGoTool('act');
}

async function testEndToEnd(faults: string[]): Promise<TestCounts> {
  if (!(await passes(await workflowCheck(), say))) faults.push('workflows');
  const { wasUp } = await startCluster();
  const end = async (): Promise<void> => (wasUp ? undefined : endCluster());
  const endEarly = (): void => void end().finally(() => process.exit(1));
  process.once('SIGINT', endEarly).once('SIGTERM', endEarly);
  try {
    const counts = await runProjects(['e2e', 'e2e-nodes'], [`--maxWorkers=${E2E_WORKERS}`]);
    say(`end-to-end tests: ${counts.passed + counts.failed + counts.skipped.length}`);
    return counts;
  } finally {
    await end();
  }
}

function conclude(counts: readonly TestCounts[], faults: readonly string[]): boolean {
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  const passed = counts.reduce((sum, each) => sum + each.passed, 0);
  const failed = counts.reduce((sum, each) => sum + each.failed, faults.length);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
