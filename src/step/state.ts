/** What the step leaves for its post step, by way of the runner (GITHUB_STATE). */
import { getState, saveState } from '@actions/core';
import { isRecord } from '../plan/json.ts';
import { appendWhole } from './append-whole.ts';

export interface StepState {
  /** Of this run, in order; each written before its create request is sent. The post step stops the last one. */
  readonly jobs: readonly StartedJob[];
  /** True once every execution was reported; the post step has nothing to do then. */
  readonly finished: boolean;
}

export interface StartedJob {
  readonly executionId: string;
  readonly namespace: string;
  readonly name: string;
}

/** Returns why it could not, as a sentence. Outside GitHub Actions there is no post step, and nothing is saved. */
export function saveStepState<Key extends keyof StepState>(
  key: Key,
  value: StepState[Key],
): string | undefined {
  const file = process.env['GITHUB_STATE'];
  if (!file) return undefined;
  return appendWhole('The state for the post step', file, () => saveState(key, JSON.stringify(value)));
}

/** For the post step; what main did not get to save is empty. */
export function readStepState(): StepState {
  const jobs = parse(getState('jobs'));
  return {
    jobs: Array.isArray(jobs) ? jobs.filter(isStartedJob) : [],
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

function isStartedJob(value: unknown): value is StartedJob {
  return (
    isRecord(value) && ['executionId', 'namespace', 'name'].every((field) => typeof value[field] === 'string')
  );
}
