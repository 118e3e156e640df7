/** Before any end-to-end test: a cluster to work on. */
import type { TestProject } from 'vitest/node';
import { openCluster } from './harness/open-cluster.ts';

/** vitest's global set-up. The function it returns ends what was started, but for the cluster. */
export default async function setUp(project: TestProject): Promise<() => void> {
  return provideCluster(project, process.env);
}

/** The same with the cluster that `env.CLUSTER` numbers. */
export async function provideCluster(project: TestProject, env: NodeJS.ProcessEnv): Promise<() => void> {
  const { cluster, close } = await openCluster(env);
  project.provide('cluster', cluster);
  return close;
}
