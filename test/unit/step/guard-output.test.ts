import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { guardOutput } from '../../../src/step/guard-output.ts';
import { ATTACKS } from './command-attacks.ts';

let written: string[];
beforeEach(() => {
  written = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    written.push(String(chunk));
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

/** What gets to standard output of these chunks, as one text. */
async function guarded(...chunks: readonly (string | Uint8Array)[]): Promise<string> {
  await guardOutput(() => Promise.resolve(chunks.forEach((chunk) => process.stdout.write(chunk))));
  return written.join('');
}

describe('guardOutput', () => {
  it.each([
    '::debug::[Request] CreateArtifact%0Amore\n',
    '::debug::\r\n',
    '::warning::No data was uploaded\n',
    '::warning title=a%3Ab::No data was uploaded\n',
    '::add-mask::secret\n',
  ])('lets pass what the library writes itself: %j', async (line) => {
    expect(await guarded(line)).toBe(line);
  });

  it.each([
    ['an error that holds commands', 'Attempt 1 failed: x\n::add-mask::y\n::error::forged. Retrying\n'],
    ['commands behind one that may pass', '::debug::x\n::stop-commands::y\n'],
    ['the same with a carriage return alone', '::debug::x\r::stop-commands::y\n'],
    ['other commands', '::set-output name=result::succeeded\n'],
    ['one that only begins like a warning', '::warningly##[error]x::y\n'],
    ['the older form in a text', 'x ##[error]forged\n'],
    ['bytes', Buffer.from('x\n::error::forged\n')],
  ])('makes text of %s', async (_what, chunk) => {
    const shown = await guarded(chunk);
    expect(shown).not.toMatch(/^\s*::|##\[|\r/m);
    expect(shown.endsWith('\n')).toBe(true);
  });

  it('leaves no command of any spelling in what is passed on', async () => {
    const shown = await guarded(...ATTACKS.map((attack) => `failed: a\n${attack}\n`));
    expect(shown).not.toMatch(/^[\s\u200c\u200d]*:[\u200c\u200d]*:|#[\u200c\u200d]*#[\u200c\u200d]*\[/m);
  });

  it('does not let a command be put together from pieces', async () => {
    expect(await guarded(':', ':error::forged\n')).toBe(':\n:error::forged\n');
  });

  it('makes no line of nothing, which is written to hear that all before it is out', async () => {
    expect(await guarded('')).toBe('');
  });

  it('calls back as the stream does', async () => {
    vi.mocked(process.stdout.write).mockImplementation((...given: readonly unknown[]) => {
      for (const one of given) if (typeof one === 'function') one();
      return true;
    });
    const called = vi.fn<() => void>();
    await guardOutput(async () => {
      process.stdout.write('a\n', called);
      process.stdout.write('b\n', 'utf8', called);
    });
    expect(called).toHaveBeenCalledTimes(2);
  });

  it('ends with the work, also where that fails', async () => {
    const failing = guardOutput(() => Promise.reject(new Error('no service')));
    await expect(failing).rejects.toThrow('no service');
    process.stdout.write('::error::ours\n');
    expect(written).toEqual(['::error::ours\n']);
  });

  it('leaves standard output alone that somebody else holds by the time it ends', async () => {
    const theirs = () => true;
    await guardOutput(async () => {
      process.stdout.write = theirs;
    });
    expect(Object.getOwnPropertyDescriptor(process.stdout, 'write')?.value).toBe(theirs);
  });

  it('takes nothing away from the stream that it did not find there', async () => {
    vi.restoreAllMocks();
    Reflect.deleteProperty(process.stdout, 'write');
    await guardOutput(() => Promise.resolve());
    expect(Object.hasOwn(process.stdout, 'write')).toBe(false);
  });
});
