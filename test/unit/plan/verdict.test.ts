import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVerdict, type Verdict, writeVerdict } from '../../../src/plan/verdict.ts';

function verdictWith(message: string, requests: number): Verdict {
  return {
    version: 1,
    executionId: 'scale-deployment-0123456789',
    result: 'failed',
    reasonCode: 'conflict',
    message,
    requests: Array.from({ length: requests }, () => ({ summary: message, outcome: 'applied' })),
    checks: [],
    timeline: [],
    logLines: 3,
  };
}

describe('a verdict as text', () => {
  it('comes back whole where there is room', () => {
    const verdict = verdictWith('done', 3);
    expect(readVerdict(writeVerdict(verdict, 4096))).toEqual(verdict);
  });

  it('fits in bytes, not characters, and still says the result', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 10 }),
        fc.nat(600),
        fc.nat(3),
        (word, times, requests) => {
          const text = writeVerdict(verdictWith(word.repeat(times), requests), 4096);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
          expect(readVerdict(text)).toMatchObject({ result: 'failed', reasonCode: 'conflict', logLines: 3 });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('says without its lists whether the cluster was left changed, and whether it was undone', () => {
    const whole = verdictWith('done', 60);
    const undo = { requests: whole.requests, checks: [{ summary: 'as before', met: true, detail: '' }] };
    const left = (verdict: Verdict) => readVerdict(writeVerdict(verdict, 1024));
    expect(left(whole)).toMatchObject({ shortened: true, changed: true, undone: false });
    expect(left({ ...whole, undo })).toMatchObject({ shortened: true, changed: false, undone: true });
    const failed = { ...whole, result: 'rollback-failed', undo } as const;
    expect(left(failed)).toMatchObject({ changed: true, undone: false });
    const nothing = {
      ...whole,
      requests: [],
      checks: [{ summary: 'x'.repeat(2000), met: false, detail: '' }],
    };
    expect(left(nothing)).toMatchObject({ shortened: true, changed: false, undone: false });
  });

  it('is not read from what no executor has written', () => {
    for (const text of [undefined, '', '{', '[]', '{"version":2,"result":"succeeded"}']) {
      expect(readVerdict(text)).toBeUndefined();
    }
  });
});
