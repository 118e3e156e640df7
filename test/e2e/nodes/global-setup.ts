/** A cluster of its own for the tests that take nodes away; it ends with them unless it was there before. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { provideCluster } from '../global-setup.ts';
import { CLUSTER } from '../harness/open-cluster.ts';

const run = promisify(execFile);
/** Between the number of the other tests' cluster and that of this one. */
const APART = 6;

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const number = Number(process.env['CLUSTER'] ?? 1) + APART;
  const env: NodeJS.ProcessEnv = { ...process.env, CLUSTER: String(number) };
  const isOurs = env['KUBECONFIG_E2E'] === undefined && !(await isAlive(env));
  const end = await provideCluster(project, env);
  return async () => {
    end();
    if (isOurs) await run(CLUSTER, ['down'], { env });
  };
}

async function isAlive(env: NodeJS.ProcessEnv): Promise<boolean> {
  return run(CLUSTER, ['alive'], { env }).then(
    () => true,
    () => false,
  );
}
