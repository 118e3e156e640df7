import { afterEach, describe, expect, it, vi } from 'vitest';
import { annotateError } from '../../../src/step/annotations.ts';
import { LINE_END, readAsRunner } from '../../e2e/harness/runner-model.ts';
import { ATTACKS } from './command-attacks.ts';

function runnerReads(print: () => void) {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true).mockClear();
  print();
  return readAsRunner(write.mock.calls.flatMap(([text]) => String(text).split(LINE_END)));
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

  it.each(['title', 'message'] as const)('is the only command, whatever attack stands in its %s', (place) => {
    const print = (text: string) => () => annotateError(place === 'title' ? text : 't', text);
    const isObeyed = (text: string) => runnerReads(print(text)).commands.length !== 1;
    expect(ATTACKS.filter(isObeyed)).toEqual([]);
  });

  it('is not longer than the runner shows', () => {
    const { annotations } = runnerReads(() => annotateError('long', 'x'.repeat(10_000)));
    expect(annotations[0]?.message).toMatch(/^x{4095}…$/);
  });
});
