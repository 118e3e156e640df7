/** What holds of every step, whatever it was asked to do, and what a test expects of this one. */
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { Inputs, Step } from './run-action.ts';

const GREEN = new Set(['succeeded', 'planned', 'simulated', 'skipped']);
/** The commands that a step may give the runner. */
const OWN_COMMANDS = new Set([
  'add-mask',
  'debug',
  'endgroup',
  'error',
  'group',
  'notice',
  'stop-commands',
  'warning',
]);

/** Result and reason, the exit code that belongs to them, and that the step is sound. */
export function expectStep(step: Step, result: string, reasonCode: string): void {
  const said = step.log.shown.join('\n');
  const told = { result: step.outputs['result'], reasonCode: step.outputs['reason-code'] };
  expect(told, said).toEqual({ result, reasonCode });
  expect(step.exitCode, said).toBe(GREEN.has(result) ? 0 : 1);
  expectSound(step);
}

/** Nothing that the runner would refuse, drop or obey by mistake; no secret in sight. */
function expectSound(step: Step): void {
  const said = step.log.shown.join('\n');
  expect(step.fileErrors, said).toEqual([]);
  expect(step.log.failed, said).toBe(false);
  expect(step.log.stopped, said).toBe(false);
  expect(
    step.log.commands.filter(({ name }) => !OWN_COMMANDS.has(name)),
    said,
  ).toEqual([]);
  expect(step.outputs['environment'], said).toMatch(/./);
  expect(step.outputs['message'], said).toMatch(/./);
  expect(step.summary, said).toMatch(new RegExp(step.outputs['result']?.replace('-', '[- ]') ?? '^', 'i'));
  expect(step.post?.exitCode ?? 0, step.post?.log.shown.join('\n')).toBe(0);
  expect(step.post?.outputs ?? {}).toEqual({});
  const published = [...step.log.shown, step.summary ?? '', JSON.stringify(step.outputs)].join('\n');
  for (const secret of secretsOf(step.inputs)) expect(published).not.toContain(secret);
}

/** The tokens of the kubeconfig that the step was given. */
function secretsOf(inputs: Inputs): readonly string[] {
  const config = parse(inputs['kubeconfig'] ?? '') as { users?: { user?: { token?: string } }[] } | null;
  return (config?.users ?? []).flatMap(({ user }) => user?.token ?? []);
}
