import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapAt, pointerOf, readPointer, textAt } from '../../../src/plan/pointer.ts';
import { json, key } from './plans.ts';

const pod = {
  metadata: { labels: { 'app.kubernetes.io/name': 'web', 'a~b': 'tilde', '': 'empty' } },
  status: { containerStatuses: [{ restartCount: 0 }, { restartCount: 7 }], phase: null },
};

describe('readPointer', () => {
  it.each([
    ['', pod],
    ['/metadata/labels/app.kubernetes.io~1name', 'web'],
    ['/metadata/labels/a~0b', 'tilde'],
    ['/metadata/labels/', 'empty'],
    ['/status/containerStatuses/1/restartCount', 7],
    ['/status/containerStatuses/2/restartCount', undefined],
    ['/status/phase', null],
    ['/status/phase/deeper', undefined],
    ['/metadata/labels/toString', undefined],
    ['/metadata/constructor/name', undefined],
    ['/nothing/here', undefined],
  ])('%j', (pointer, expected) => {
    expect(readPointer(pod, pointer)).toEqual(expected);
  });

  it('finds what stands under any keys, whatever characters they have', () => {
    fc.assert(
      fc.property(fc.array(key, { maxLength: 5 }), json, (keys, value) => {
        const document = keys.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        expect(readPointer(document, pointerOf(keys))).toEqual(value);
      }),
    );
  });
});

describe('pointerOf', () => {
  it('escapes the tilde before the slash', () => {
    expect(pointerOf(['a/b', '~1', 'm~n'])).toBe('/a~1b/~01/m~0n');
    expect(pointerOf([])).toBe('');
  });

  it('gives different keys different pointers', () => {
    const keys = fc.array(key, { maxLength: 4 });
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(pointerOf(a) === pointerOf(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe('textAt', () => {
  it.each([
    ['/metadata/labels/a~0b', 'tilde'],
    ['/status/containerStatuses/1/restartCount', '7'],
    ['/status/containerStatuses/0/restartCount', '0'],
    ['/status/phase', ''],
    ['/metadata/labels', ''],
    ['/nothing', ''],
  ])('%s is %j', (pointer, expected) => {
    expect(textAt(pod, pointer)).toBe(expected);
  });
});

describe('mapAt', () => {
  it.each([
    ['/metadata/labels', pod.metadata.labels],
    ['/metadata', {}],
    ['/status/containerStatuses', {}],
    ['/status/phase', {}],
    ['/nothing', {}],
  ])('%s is %j', (pointer, expected) => {
    expect(mapAt(pod, pointer)).toEqual(expected);
  });
});
