/** What the step leaves for its post step, by way of the runner (GITHUB_STATE). */
import { getState, saveState } from '@actions/core';
import type { JobRef } from '../job/execution-job.ts';
import { isRecord } from '../plan/json.ts';
import { appendWhole } from './append-whole.ts';

export interface StepState {
  /** The last of this run, written before its create request is sent; absent where none was. */
  readonly job?: JobRef;
  /** True once every execution was reported; the post step has nothing to do then. */
  readonly finished: boolean;
}

/** Returns why it could not, as a sentence. Outside GitHub Actions there is no post step, and nothing is saved. */
export function saveStepState<Key extends keyof StepState>(
  key: Key,
  value: NonNullable<StepState[Key]>,
): string | undefined {
  const file = process.env['GITHUB_STATE'];
  if (!file) return undefined;
  return appendWhole('The state for the post step', file, () => saveState(key, JSON.stringify(value)));
}

/** For the post step; what main did not get to save is not there. */
export function readStepState(): StepState {
  const job = parse(getState('job'));
  return {
    ...(isJobRef(job) ? { job } : {}),
    finished: parse(getState('finished')) === true,
  };
}

function parse(json: string): unknown {
  try {
    return json === '' ? undefined : JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isJobRef(value: unknown): value is JobRef {
  return isRecord(value) && ['namespace', 'name'].every((field) => typeof value[field] === 'string');
}
