/** Pods that print what is known beforehand, and what a step brought of it. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { create, pathOf, untilObject } from '../e2e/harness/cluster.ts';
import type { Step } from '../e2e/harness/run-action.ts';
import type { Site } from '../e2e/harness/site.ts';
import { BUSYBOX } from '../e2e/harness/workloads.ts';

export const LINE_BYTES = 200;

/** Starts a pod with one container that runs a script. */
export async function startPrinting(site: Site, name: string, script: string): Promise<void> {
  const container = {
    name: 'app',
    image: BUSYBOX,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
  };
  const spec = { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container] };
  await create(pathOf('pods', site.namespace), { metadata: { name }, spec });
}

export async function untilPhase(site: Site, name: string, phase: string, seconds = 240): Promise<void> {
  const path = pathOf('pods', site.namespace, name);
  await untilObject<V1Pod>(path, (pod) => pod?.status?.phase === phase, seconds);
}

/** Prints numbered lines of `LINE_BYTES`, all of them different. */
export function printLines(from: number, count: number): string {
  const rest = 'x'.repeat(LINE_BYTES - 9);
  return `awk 'BEGIN { for (i = ${from}; i < ${from + count}; i++) printf "%07d ${rest}\\n", i }'`;
}

export interface Truth {
  readonly lines: number;
  readonly bytes: number;
  readonly sha256: string;
}

export function truthOf(count: number): Truth {
  const hash = createHash('sha256');
  const rest = 'x'.repeat(LINE_BYTES - 9);
  for (let line = 0; line < count; line += 1) hash.update(`${String(line).padStart(7, '0')} ${rest}\n`);
  return { lines: count, bytes: count * LINE_BYTES, sha256: hash.digest('hex') };
}

export interface Collected extends Truth {
  readonly outcome: string;
  readonly note?: string;
}

/** The only file that the step collected, as its report tells. */
export function collectedBy(step: Step): Collected {
  const file = join(dirname(step.outputs['report-file'] ?? ''), 'report.json');
  const report = JSON.parse(readFileSync(file, 'utf8')) as { status: { collected: readonly Collected[] } };
  const [collected] = report.status.collected;
  if (collected === undefined) throw new Error('nothing was collected');
  return collected;
}

/** Of the file that the step wrote for a pod. */
export async function hashOfFile(step: Step, pod: string): Promise<string> {
  const hash = createHash('sha256');
  const file = join(dirname(step.outputs['report-file'] ?? ''), `logs/${pod}/app.log`);
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
