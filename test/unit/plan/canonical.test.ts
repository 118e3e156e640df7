import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sameJson } from '../../../src/plan/canonical.ts';
import { isRecord, isStringMap } from '../../../src/plan/json.ts';
import { json, reverseKeys } from './plans.ts';

describe('canonicalJson', () => {
  it('sorts keys by code unit at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }, 'x'], B: 0, a: null })).toBe(
      '{"B":0,"a":null,"b":[{"c":2,"d":1},"x"]}',
    );
  });

  it('leaves undefined members out', () => {
    expect(canonicalJson({ a: undefined, b: { c: undefined } })).toBe('{"b":{}}');
  });

  it('does not depend on the order in which keys were set', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reverseKeys(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('loses nothing: it reads back as the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('sameJson', () => {
  it.each([
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1, b: undefined }, { a: 1 }, true],
    [undefined, undefined, true],
    [[1, 2], [2, 1], false],
    [1, '1', false],
    [{}, [], false],
    [0, false, false],
    ['', undefined, false],
    [{}, undefined, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(sameJson(a, b)).toBe(expected);
    expect(sameJson(b, a)).toBe(expected);
  });

  it('agrees with the canonical text', () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(sameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      }),
    );
  });
});

describe('shapes of JSON', () => {
  it.each([
    [{}, true, true],
    [{ a: 'b' }, true, true],
    [{ a: 1 }, true, false],
    [['a'], false, false],
    [null, false, false],
    ['text', false, false],
    [undefined, false, false],
  ])('%j is a record: %s, a map of strings: %s', (value, record, stringMap) => {
    expect(isRecord(value)).toBe(record);
    expect(isStringMap(value)).toBe(stringMap);
  });
});
