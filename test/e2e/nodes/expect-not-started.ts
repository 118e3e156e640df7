/** What holds of every step whose executor could not start. */
import { expect } from 'vitest';
import { untilNothingLeft } from '../harness/executions.ts';
import { expectStep } from '../harness/expect-step.ts';
import type { Inputs, Step } from '../harness/run-action.ts';
import type { Site } from '../harness/site.ts';
import { replicasOf } from '../harness/verifying.ts';
import { deploy } from '../harness/workloads.ts';

export const SCALE = {
  action: 'scale-deployment',
  target: 'deployment/web',
  parameters: 'replicas: 2',
} as const;
/** From the start of the step; a failure that is visible is told within ten seconds. */
const SOON_MS = 20_000;
/** The kubelet pulls again after ten seconds and some, and only the second failure counts. */
const SECOND_PULL_MS = 35_000;

/** Runs a step and expects it to fail for this reason, in good time, with all of these words; see `expectNothingDone`. */
export async function expectNotStarted(
  site: Site,
  inputs: Inputs,
  reasonCode: string,
  words: readonly RegExp[],
): Promise<void> {
  await deploy(site.namespace, 'web');
  const step = await site.run({ ...SCALE, ...inputs });
  expect(step.milliseconds).toBeLessThan(reasonCode === 'image-pull-failed' ? SECOND_PULL_MS : SOON_MS);
  await expectNothingDone(site, step, reasonCode, words);
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
