import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, renderDuration } from '../../../src/spec/duration.ts';

describe('durations', () => {
  it.each([
    ['90s', 90],
    ['5m', 300],
    ['1h30m', 5400],
    ['5m0s', 300],
    ['0', 0],
    ['0s', 0],
    ['1.5h', 5400],
    ['.5m', 30],
    ['1m1m', 120],
    ['1500ms', 2],
    ['1ns', 1],
    ['0.1s0.9s', 1],
  ])('reads %s as Go does, in whole seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(['', '5', '5 m', '5min', '-5m', '+5m', 'm', '5m5', '1d', '5M', '1e3s', '٣s', '1h '])(
    'does not take %j for one',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it('refuses what no number can hold', () => {
    expect(parseDuration(`${'9'.repeat(400)}h`)).toBeUndefined();
  });

  it('reads back what it renders', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), (seconds) => {
        expect(parseDuration(renderDuration(seconds))).toBe(seconds);
      }),
    );
  });

  it('adds up parts in any order', () => {
    fc.assert(
      fc.property(fc.nat({ max: 999 }), fc.nat({ max: 999 }), fc.nat({ max: 999 }), (h, m, s) => {
        expect(parseDuration(`${s}s${h}h${m}m`)).toBe(h * 3600 + m * 60 + s);
      }),
    );
  });
});
