import { expect, test } from 'vitest';
import { publishedSummary, readFileCommands, SUMMARY_LIMIT_BYTES } from '../../e2e/harness/runner-files.ts';

test('plain and delimited values are read', () => {
  const text = 'a=1=2\nb<<END\nfirst\n\nc=not a name\nEND\nd=\n';
  expect(readFileCommands(text)).toEqual({ values: { a: '1=2', b: 'first\n\nc=not a name', d: '' } });
});

test('an equals sign before the arrows makes it a plain value', () => {
  expect(readFileCommands('a=x<<y\n').values).toEqual({ a: 'x<<y' });
});

test('a block without its end is an error', () => {
  expect(readFileCommands('a=1\nb<<END\ntext\n')).toEqual({
    values: { a: '1' },
    error: 'no delimiter for b<<END',
  });
});

test('a line that is neither is an error', () => {
  expect(readFileCommands('nonsense\n').error).toBe('invalid format: nonsense');
});

test('a summary above the limit is dropped whole', () => {
  const fits = 'x'.repeat(SUMMARY_LIMIT_BYTES);
  expect(publishedSummary(fits)).toBe(fits);
  expect(publishedSummary(`${fits}x`)).toBeUndefined();
});
