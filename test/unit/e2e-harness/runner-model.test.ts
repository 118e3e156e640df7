import { expect, test } from 'vitest';
import { maskIn, readAsRunner } from '../../e2e/harness/runner-model.ts';

test('a command at the start of a trimmed line is obeyed', () => {
  const log = readAsRunner(['  ::error title=no%2C really,file=a.yml,line=3::first%0Asecond 100%25']);
  expect(log.annotations).toEqual([
    {
      level: 'error',
      title: 'no, really',
      file: 'a.yml',
      line: '3',
      message: 'first\nsecond 100%',
      visible: true,
    },
  ]);
});

test('colons inside a line are text', () => {
  const log = readAsRunner(['[pod] ::set-output name=result::succeeded']);
  expect(log.commands).toEqual([]);
  expect(log.shown).toEqual(['[pod] ::set-output name=result::succeeded']);
});

test('the bracket form is obeyed anywhere in a line', () => {
  const log = readAsRunner(['[pod] text ##[set-output name=result;x=1]succeeded%5D']);
  expect(log.outputs).toEqual({ result: 'succeeded]' });
});

test('only the first bracket of a line counts', () => {
  expect(readAsRunner(['##[nonsense] ##[add-mask]e']).commands).toEqual([]);
});

test('names are compared without case', () => {
  expect(readAsRunner(['::Set-Output name=a::1']).outputs).toEqual({ a: '1' });
});

test('an unknown command is text', () => {
  expect(readAsRunner(['::nonsense::1', '::half']).shown).toEqual(['::nonsense::1', '::half']);
});

test('stopped commands are text until the token comes, on any line', () => {
  const log = readAsRunner([
    '::stop-commands::a-random-token',
    '::set-output name=a::1',
    '##[error]text',
    '::another-token::',
    '::a-random-token::',
    '::set-output name=b::2',
  ]);
  expect(log.outputs).toEqual({ b: '2' });
  expect(log.annotations).toEqual([]);
  expect(log.stopped).toBe(false);
});

test('a text that stops commands itself mutes what comes after it', () => {
  const log = readAsRunner(['##[stop-commands]their-token', '::add-mask::our-secret']);
  expect(log.masks).toEqual(['their-token']);
  expect(log.stopped).toBe(true);
});

test('an empty or known stop token fails the step', () => {
  expect(readAsRunner(['::stop-commands::']).failed).toBe(true);
  expect(readAsRunner(['::stop-commands::add-mask']).failed).toBe(true);
});

test('a mask hides what is printed later, and each of its lines', () => {
  const log = readAsRunner(['early s3cret', '::add-mask::s3cret%0Aother', 'late s3cret and other']);
  expect(log.shown).toEqual(['early s3cret', 'late *** and ***']);
});

test('the longest mask is applied first', () => {
  expect(maskIn('abcd', ['ab', 'abcd'])).toBe('***');
});

test('set-env and add-path fail the step', () => {
  expect(readAsRunner(['::set-env name=PATH::/evil']).failed).toBe(true);
  expect(readAsRunner(['::add-path::/evil']).failed).toBe(true);
});

test('a nameless output fails the step', () => {
  expect(readAsRunner(['::set-output::1']).failed).toBe(true);
});

test('annotations are cut at 4096 characters and hidden after ten of a level', () => {
  const log = readAsRunner([
    ...Array.from({ length: 11 }, () => '::warning::w'),
    `::error::${'x'.repeat(5000)}`,
  ]);
  expect(log.annotations.filter((annotation) => annotation.visible)).toHaveLength(11);
  expect(log.annotations[10]?.visible).toBe(false);
  expect(log.annotations[11]?.message).toHaveLength(4096);
});
