import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLogView, neutralise, shortLines } from '../../../src/step/log-view.ts';
import { printable } from '../../../src/step/printable.ts';
import { readAsRunner } from '../../e2e/harness/runner-model.ts';
import { ATTACKS } from './command-attacks.ts';

/** Pieces that commands are made of, so that random lines come near to them. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '::',
        ':',
        '##[',
        '#',
        '[',
        ']',
        'error',
        'set-output name=result',
        'add-mask',
        'stop-commands',
        'x',
        ' ',
        '\t',
        '\r',
        '\n',
        '\r\n',
        '\0',
        '\u0085',
        '\u2028',
        '\u200b',
        '\u200d',
        '\u00ad',
        '\ufeff',
        '\u202e',
        '\u001b[31m',
        '\u001b[2J',
        '\u001b]0;title\u0007',
        '\u009b2J',
        '\ud800',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));

/** .NET ends a line at each of these when it reads a stream. */
function asRead(printed: string): string[] {
  return printed.split(/\r\n|\r|\n/);
}

/** As .NET compares by a culture: characters without weight are not there. */
function weightless(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '');
}

function obeyed(lines: readonly string[]): readonly string[] {
  const all = lines.flatMap((line) => [line, weightless(line)]);
  return readAsRunner(all).commands.map((command) => command.name);
}

const WHERE = 'the whole log is in the artifact';

function viewed(
  lines: readonly string[],
  mostLines = 5000,
  secrets: readonly string[] = [],
): readonly string[] {
  const view = createLogView(() => secrets, WHERE, mostLines);
  return lines.flatMap((line) => view.show(Buffer.from(line)));
}

describe('a line of a pod', () => {
  it('is never a workflow command', () => {
    fc.assert(
      fc.property(hostile, (line) => {
        expect(obeyed(neutralise(line).flatMap(asRead))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('is none for any attack that is known', () => {
    const obeyedOf = (line: string) => obeyed(viewed([line]).flatMap(asRead));
    expect(ATTACKS.filter((line) => obeyedOf(line).length > 0)).toEqual([]);
  });

  it('is none where an attack stands anywhere in a long line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ATTACKS), fc.nat(41_000), (attack, length) => {
        expect(obeyed(viewed(['x'.repeat(length) + attack]).flatMap(asRead))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['::error::boom', '│ ::error::boom'],
    ['   ::set-output name=a::b', '│    ::set-output name=a::b'],
    ['late ##[error]boom', '│ late ##\\[error]boom'],
    ['###[group]x', '│ ###\\[group]x'],
    ['50%\r::error::x', '│ 50%␍::error::x'],
    ['ends in CRLF\r\n', '│ ends in CRLF'],
    ['\u001b[32mgreen\u001b[0m', '│ \u001b[32mgreen\u001b[0m\u001b[0m'],
    ['\u001b[2Jcleared\u0000', '│ ␛[2Jcleared␀'],
    ['bi\u202edi', '│ bi\\u202edi'],
    ['half \ud800', '│ half \ufffd'],
    ['Grüße 👩‍🚀 日本', '│ Grüße 👩‍🚀 日本'],
    ['', '│ '],
  ])('%j is shown as %j', (line, shown) => {
    expect(neutralise(line)).toEqual([shown]);
  });

  it('is cut where it is long, at white space, and nothing is lost', () => {
    const line = `${'word '.repeat(2000)}${'x'.repeat(9000)}`;
    const pieces = neutralise(line).map((piece) => piece.slice(2));
    expect(pieces.join('')).toBe(line);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(4000);
    expect(pieces[0]?.endsWith('word ')).toBe(true);
  });

  it('is cut neither within a colour nor within a character', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3980, max: 4001 }), (length) => {
        for (const tail of ['\u001b[38;5;196mred', '👩👩👩']) {
          const pieces = neutralise(`${'x'.repeat(length)}${tail}${'y'.repeat(50)}`);
          for (const piece of pieces) {
            expect(piece.isWellFormed()).toBe(true);
            // oxlint-disable-next-line no-control-regex -- a colour's beginning is what is looked for
            expect(piece.replace(/\u001b\[[\d;]*m/g, '')).not.toContain('\u001b');
          }
        }
      }),
    );
  });

  it('stays short where every character is spelt out', () => {
    const longest = Math.max(...neutralise('\u200b'.repeat(10_000)).map((piece) => piece.length));
    expect(longest).toBeLessThanOrEqual(4002);
  });
});

describe('the view of a log', () => {
  it('ends after so many lines with a note, once', () => {
    expect(viewed(['a', 'b', 'c', 'd', 'e'], 3)).toEqual(['│ a', '│ b', '│ c', `│ … and so on; ${WHERE}`]);
  });

  it('has no note where everything was shown', () => {
    expect(viewed(['a', 'b', 'c'], 3)).toEqual(['│ a', '│ b', '│ c']);
  });

  it('shows the beginning of a line of 10 MB, and where the rest of it is', () => {
    const shown = viewed(['x'.repeat(10_000_000), 'next']);
    expect(shown).toHaveLength(12);
    expect(shown.slice(-2)).toEqual([`│ … and 9960000 bytes more in this line; ${WHERE}`, '│ next']);
  });

  it('has no half of a secret where a line is continued or cut', () => {
    const secret = 'a-token-that-the-runner-knows-only-whole';
    const before = fc.oneof(fc.integer({ min: 3950, max: 4001 }), fc.integer({ min: 39_950, max: 40_010 }));
    fc.assert(
      fc.property(before, (length) => {
        const shown = viewed([`${'x'.repeat(length)}${secret}${'y'.repeat(50_000 - length)}`], 50, [secret]);
        const text = shown.map((line) => line.slice(2)).join('');
        expect(text).not.toMatch(/a-token-|only-whole/);
      }),
      { numRuns: 60 },
    );
  });
});

describe('text of the cluster printed by the step', () => {
  it('is no workflow command for any attack that is known', () => {
    expect(ATTACKS.filter((text) => obeyed(asRead(printable(text))).length > 0)).toEqual([]);
  });

  it('is never a workflow command', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(obeyed(asRead(printable(text)))).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it('has no line that is longer than one of a pod, and loses nothing', () => {
    const text = `short\n${'word '.repeat(20_000)}\n${'x'.repeat(100_000)}\nlast`;
    const lines = shortLines(text, []).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(4000);
    expect(lines.join('')).toBe(text.replaceAll('\n', ''));
    expect([lines[0], lines.at(-1)]).toEqual(['short', 'last']);
    expect(shortLines('a\n\tb', [])).toBe('a\n\tb');
  });

  it('is no workflow command where an attack stands anywhere in a long line', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ATTACKS), fc.integer({ min: 3500, max: 8100 }), (attack, length) => {
        const spaced = `${'x'.repeat(length)} ${attack}${'y'.repeat(5000)}`;
        expect(obeyed(asRead(shortLines(spaced, [])))).toEqual([]);
        expect(obeyed(asRead(shortLines('x'.repeat(length) + attack + 'y'.repeat(5000), [])))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('has no half of a secret where a line is cut', () => {
    const secret = 'a-token-that-the-runner-knows-only-whole';
    fc.assert(
      fc.property(fc.integer({ min: 3950, max: 4001 }), (length) => {
        const shown = shortLines(`${'x'.repeat(length)}${secret}${'y'.repeat(9000)}`, [secret]);
        expect(shown.replaceAll('\n', '')).not.toMatch(/a-token-|only-whole/);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its lines, tabs and words', () => {
    expect(printable('a: 1\n\tb: ::x::\r\nc')).toBe('a: 1\n\tb: ::x::\nc');
    expect(printable('ok\n  ::error::x')).toBe('ok\n  \\::error::x');
  });
});
