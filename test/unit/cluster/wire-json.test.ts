import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wireJson } from '../../../src/cluster/wire-json.ts';

describe('wireJson', () => {
  it('writes strings as Go does, byte by byte', () => {
    expect(wireJson({ command: 'a && b <c >d', name: 'Zürich' })).toBe(
      '{"command":"a \\u0026\\u0026 b \\u003cc \\u003ed","name":"Zürich"}',
    );
    expect(wireJson(['\u2028\u2029'])).toBe('["\\u2028\\u2029"]');
  });

  it('means what JSON means', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(wireJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
