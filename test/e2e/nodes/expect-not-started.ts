/** What holds of every step whose executor could not start. */
import { expect } from 'vitest';
import { untilNothingLeft } from '../harness/executions.ts';
import { expectStep } from '../harness/expect-step.ts';
import type { Inputs, RunningStep, Step } from '../harness/run-action.ts';
import type { Site } from '../harness/site.ts';
import { jobOf, replicasOf } from '../harness/verifying.ts';
import { deploy } from '../harness/workloads.ts';

export const SCALE = {
  action: 'scale-deployment',
  target: 'deployment/web',
  parameters: 'replicas: 2',
  // Far from whatever is told soon.
  'schedule-timeout': '5m',
} as const;
/**
 * What is visible is told within ten seconds; that of a pull when the kubelet has failed at it again, after ten more; that
 * of a container that a kubelet which starts anew no longer finds, after half a minute. Besides, a busy cluster has to make
 * it visible. Far less than the five minutes of schedule-timeout.
 */
const SOON_MS = 150_000;

/** The step ends soon, from now on. */
export async function expectOverSoon({ over }: RunningStep): Promise<void> {
  const begun = performance.now();
  await over;
  expect(performance.now() - begun).toBeLessThan(SOON_MS);
}

/** Runs a step and expects it to fail for this reason, in good time, with all of these words; see `expectNothingDone`. */
export async function expectNotStarted(
  site: Site,
  inputs: Inputs,
  reasonCode: string,
  words: readonly RegExp[],
): Promise<void> {
  await deploy(site.namespace, 'web');
  const running = site.start({ ...SCALE, ...inputs });
  await jobOf(running);
  await expectOverSoon(running);
  await expectNothingDone(site, await running.finished, reasonCode, words);
}

/** The step has failed for this reason, with all of these words; the target is as it was, and nothing is left. */
export async function expectNothingDone(
  site: Site,
  step: Step,
  reasonCode: string,
  words: readonly RegExp[],
): Promise<void> {
  expectStep(step, 'failed', reasonCode);
  expect(step.outputs['changed']).toBe('false');
  for (const word of words) expect(step.outputs['message']).toMatch(word);
  expect(await replicasOf(site)).toBe(1);
  await untilNothingLeft(site.namespace);
}
