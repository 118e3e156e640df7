/** Parts of our own cluster that stop and go on when a test says so: `kubelet-2`, `kube-controller-manager`. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { CLUSTER } from './open-cluster.ts';
import { clusterUnderTest } from './under-test.ts';

const run = promisify(execFile);

/** Kills it, and keeps it away until what it resolves with is called or the test is over. */
export async function stop(component: string): Promise<() => Promise<void>> {
  return await until(['stop', component], ['start', component]);
}

/** It keeps its process and all that it knows, but does nothing until then. */
export async function freeze(component: string): Promise<() => Promise<void>> {
  const pid = readFileSync(join(clusterUnderTest().run, 'pids', component), 'utf8').trim();
  return await until(['in', '/bin/kill', '-STOP', pid], ['in', '/bin/kill', '-CONT', pid]);
}

/** It comes back by itself. */
export async function kill(component: string): Promise<void> {
  await command('kill', component);
}

async function until(end: readonly string[], begin: readonly string[]): Promise<() => Promise<void>> {
  const resume = () => command(...begin);
  onTestFinished(resume);
  await command(...end);
  return resume;
}

async function command(...args: readonly string[]): Promise<void> {
  await run(CLUSTER, args, { env: { ...process.env, CLUSTER_RUN: clusterUnderTest().run } });
}
