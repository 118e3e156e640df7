import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openValueHider } from '../../../src/plan/hide-values.ts';

function hiding(...values: readonly string[]) {
  const hider = openValueHider();
  hider.add(values.map((value) => Buffer.from(value).toString('base64')));
  return hider;
}

describe('a hider of values', () => {
  it('leaves none of them in any text, as it is, in base64, or as JSON writes it', () => {
    const value = fc.string({ minLength: 4, unit: 'grapheme' }).filter((text) => !'***'.includes(text));
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (secret, before, after) => {
        const { hide } = hiding(secret);
        const base64 = Buffer.from(secret).toString('base64');
        for (const form of [secret, base64, JSON.stringify(secret).slice(1, -1)]) {
          expect(hide(before + form + after)).not.toContain(form);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('hides each line of a value of several lines', () => {
    const { hide } = hiding('-----BEGIN KEY-----\nMIIEow\r\n  c2VjcmV0\n-----END KEY-----\n');
    expect(hide('rejected: MIIEow, then c2VjcmV0')).toBe('rejected: ***, then ***');
  });

  it('hides the longer one where one is a part of another, and those that come later too', () => {
    const hider = hiding('pass', 'password');
    expect(hider.hide('it is password')).toBe('it is ***');
    expect(hider.hide('it is token')).toBe('it is token');
    hider.add([Buffer.from('token').toString('base64')]);
    expect(hider.hide('it is token')).toBe('it is ***');
  });

  it('leaves parts of words: what is shorter than four characters is not hidden', () => {
    expect(hiding('a', 'no', 'the').hide('there is no banana')).toBe('there is no banana');
  });
});
