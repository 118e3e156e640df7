import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readStepState, saveStepState } from '../../../src/step/state.ts';
import { readFileCommands } from '../../e2e/harness/runner-files.ts';

const file = join(mkdtempSync(join(tmpdir(), 'state-')), 'state');

/** What the runner does between main and post. */
function handOver(): void {
  const { values } = readFileCommands(readFileSync(file, 'utf8'));
  for (const [name, value] of Object.entries(values)) vi.stubEnv(`STATE_${name}`, value);
}

beforeEach(() => {
  writeFileSync(file, '');
  vi.stubEnv('GITHUB_STATE', file);
});

afterEach(() => vi.unstubAllEnvs());

describe('state between main and post', () => {
  it('arrives as it was last saved', () => {
    const job = { namespace: 'kubernetes-executor', name: 'e-1' };
    saveStepState('job', job);
    saveStepState('job', { ...job, name: 'e-2' });
    saveStepState('finished', true);
    handOver();
    expect(readStepState()).toEqual({ job: { ...job, name: 'e-2' }, finished: true });
  });

  it('is empty where main saved none, or what it saved is broken', () => {
    expect(readStepState()).toEqual({ finished: false });
    vi.stubEnv('STATE_job', '{"namespace":"n","name":1}');
    vi.stubEnv('STATE_finished', '{');
    expect(readStepState()).toEqual({ finished: false });
  });
});
