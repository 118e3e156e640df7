import { afterEach, describe, expect, it, vi } from 'vitest';
import { annotateError, annotateNotice, annotateWarning } from '../../../src/step/annotations.ts';
import { readAsRunner } from '../../e2e/harness/runner-model.ts';

function runnerReads(print: () => void) {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  print();
  return readAsRunner(write.mock.calls.flatMap(([text]) => String(text).split('\n')));
}

afterEach(() => vi.restoreAllMocks());

describe('an annotation', () => {
  it('holds its text, whatever the text looks like', () => {
    const { commands, annotations } = runnerReads(() =>
      annotateError('refused: x, y::z', 'first\n::set-output name=result::succeeded\n100% ##[error]'),
    );
    expect(commands).toHaveLength(1);
    expect(annotations).toEqual([
      expect.objectContaining({
        level: 'error',
        title: 'refused: x, y::z',
        message: 'first\n\\::set-output name=result::succeeded\n100% ##\\[error]',
      }),
    ]);
  });

  it('is not longer than the runner shows', () => {
    const { annotations } = runnerReads(() => annotateWarning('long', 'x'.repeat(10_000)));
    expect(annotations[0]?.message).toMatch(/^x{4095}…$/);
  });

  it('may be a notice', () => {
    const { annotations } = runnerReads(() => annotateNotice('t', 'm'));
    expect(annotations.map(({ level }) => level)).toEqual(['notice']);
  });
});
