import { describe, expect, it } from 'vitest';
import { warningsOn } from '../../../src/step/warnings.ts';
import { accept } from '../spec/reading.ts';

const LOGS = { action: 'collect-logs', target: 'pod/web' };
const SCALE = { action: 'scale-deployment', target: 'web', parameters: 'replicas: 1' };

function warnings(inputs: Readonly<Record<string, string>>, mode: 'run' | 'plan' = 'run'): readonly string[] {
  return warningsOn({ ...accept(inputs).request, mode }, '/tmp/x');
}

describe('a warning', () => {
  it('says where collected files stay that no artifact takes', () => {
    expect(warnings({ ...LOGS, 'upload-artifact': 'never' })).toEqual([
      'input upload-artifact: never leaves what collect-logs collects on the runner alone, in /tmp/x; leave it out, or read the files in a later step of this job',
    ]);
  });

  it('is not given where files go into the artifact, or none are collected', () => {
    expect(warnings(LOGS)).toEqual([]);
    expect(warnings({ ...SCALE, 'upload-artifact': 'never' })).toEqual([]);
    expect(warnings({ ...LOGS, 'upload-artifact': 'never' }, 'plan')).toEqual([]);
  });
});
