import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openSecretReplacer } from '../../../src/run/secret-replacer.ts';

function replace(secrets: readonly string[], chunks: readonly Uint8Array[]): string {
  const replacer = openSecretReplacer(() => secrets);
  const parts = [...chunks.map((chunk) => replacer.push(chunk)), replacer.end()];
  return Buffer.concat(parts).toString('latin1');
}

/** The text cut wherever the numbers say. */
function cut(text: string, places: readonly number[]): readonly Uint8Array[] {
  const bytes = Buffer.from(text);
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

/** Few letters, so that secrets are found, overlap and begin alike. */
const letters = (most: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b', '*'), minLength: 1, maxLength: most });
const secrets = fc.array(letters(5), { maxLength: 4 });
const places = fc.array(fc.nat(200), { maxLength: 20 });

describe('secrets in a stream', () => {
  it('are replaced, each occurrence', () => {
    expect(replace(['s3cret'], [Buffer.from('a s3cret, and s3cret')])).toBe('a ***, and ***');
  });

  it('are replaced where they lie across chunks', () => {
    expect(replace(['s3cret'], cut('a s3cret b', [3, 4, 5, 6, 7]))).toBe('a *** b');
  });

  it('are replaced whole where one begins another', () => {
    expect(replace(['token', 'token-of-admin'], cut('token-of-admin token-of', [8]))).toBe('*** ***-of');
  });

  it('come out the same however the stream is cut', () => {
    fc.assert(
      fc.property(secrets, fc.array(letters(8)), places, (hidden, words, at) => {
        const text = words.join('');
        expect(replace(hidden, cut(text, at))).toBe(replace(hidden, [Buffer.from(text)]));
      }),
    );
  });

  it('come out as a plain search and replacement has them', () => {
    fc.assert(
      fc.property(letters(5), fc.array(letters(8)), places, (secret, words, at) => {
        const text = words.join('');
        expect(replace([secret], cut(text, at))).toBe(text.split(secret).join('***'));
      }),
    );
  });

  it('do not leave their beginning where the stream is cut within one', () => {
    fc.assert(
      fc.property(fc.nat(29), places, (length, at) => {
        const secret = 's3cret-token-of-thirty-letters';
        const replacer = openSecretReplacer(() => [secret, 'another']);
        const parts = cut(`before ${secret.slice(0, length)}`, at).map((chunk) => replacer.push(chunk));
        const text = Buffer.concat([...parts, replacer.endEarly()]).toString();
        expect(text).toBe(length < 8 ? `before ${secret.slice(0, length)}` : 'before ***');
      }),
    );
  });

  it('leave everything else as it is, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const secret = 'never-in-arbitrary-bytes';
        expect(replace([secret], chunks)).toBe(Buffer.concat(chunks).toString('latin1'));
      }),
    );
  });

  it('are none where none are known', () => {
    expect(replace(['', ''], [Buffer.from('text')])).toBe('text');
  });
});
