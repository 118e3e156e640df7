import { expect, test } from 'vitest';
import { findMissingTests } from '../../../scripts/held-tests.ts';

const unit = { passed: 100, failed: 0, skipped: [] };

test('all that is expected was run', () => {
  const e2e = { passed: 11, failed: 1, skipped: [] };
  expect(findMissingTests(unit, e2e, { expected: 12, excused: [] })).toEqual([]);
});

test('a lost end-to-end test is missed, and so is one too many', () => {
  for (const passed of [11, 13]) {
    const [sentence] = findMissingTests(
      unit,
      { passed, failed: 0, skipped: [] },
      { expected: 12, excused: [] },
    );
    expect(sentence).toMatch(`${passed} end-to-end tests, but test/e2e/expected-count.json says 12`);
  }
});

test('a skipped test is named unless the list excuses it', () => {
  const e2e = { passed: 10, failed: 0, skipped: ['kills the API server', 'is forgotten'] };
  const sentences = findMissingTests({ ...unit, skipped: ['is slow'] }, e2e, {
    expected: 12,
    excused: ['kills the API server'],
  });
  expect(sentences).toEqual([expect.stringMatching(/is slow$/), expect.stringMatching(/is forgotten$/)]);
});
