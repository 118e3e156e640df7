import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileOptions, openArtifactFile } from '../../../src/run/artifact-file.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'artifact-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function write(path: string, chunks: readonly Uint8Array[], options: Partial<FileOptions> = {}) {
  const file = await openArtifactFile(path, { secrets: () => [], ...options });
  for (const chunk of chunks) await file.write(chunk);
  return file.close();
}

describe('a file of the artifact', () => {
  it('holds the bytes as they are, for its owner alone, and its hash and lines are known', async () => {
    const path = join(directory, 'deep/below/a.log');
    const chunks = Array.from({ length: 5000 }, (_, index) => Buffer.from(`line ${index}\n`));
    const written = await write(path, [
      ...chunks,
      Buffer.from([0xff, 0x00, 0x0a]),
      Buffer.from('no newline'),
    ]);
    const content = await readFile(path);
    expect(content.subarray(-13)).toEqual(Buffer.from('\xff\x00\nno newline', 'latin1'));
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(written).toEqual({ bytes: content.length, lines: 5002, sha256, isCut: false });
    expect((await stat(path)).mode & 0o077).toBe(0);
  });

  it('keeps the order of what is written, also where nobody waits for it', async () => {
    const path = join(directory, 'order.log');
    const blocks = Array.from({ length: 40 }, (_, index) => Buffer.alloc(150_000, 97 + (index % 26)));
    const file = await openArtifactFile(path, { secrets: () => [] });
    for (const block of blocks) void file.write(block);
    await file.close();
    expect((await readFile(path)).equals(Buffer.concat(blocks))).toBe(true);
  });

  it('holds no secret, also one that became known while it was written, across blocks', async () => {
    const path = join(directory, 'secret.log');
    const known = ['first-token'];
    const file = await openArtifactFile(path, { secrets: () => known });
    await file.write(Buffer.from(`${'x'.repeat(262_130)} first-to`));
    await file.write(Buffer.from('ken, second-to'));
    known.push('second-token', 'MIIEline-of-a-key');
    await file.write(Buffer.from('ken\nMIIEline-of-a-key\n'));
    await file.close();
    expect((await readFile(path, 'utf8')).replace(/^x+/, '')).toBe(' ***, ***\n***\n');
  });

  it('is cut at its limit, wherever the chunks end, without the beginning of a secret', async () => {
    const path = join(directory, 'cut.log');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 5 }), fc.nat(40), async (ends, limitBytes) => {
        const text = Buffer.from('0123456789012345678901234567890123456789');
        const places = [0, ...ends.toSorted((a, b) => a - b), text.length];
        const chunks = places.slice(1).map((end, index) => text.subarray(places[index], end));
        const { isCut, bytes } = await write(path, chunks, { limitBytes });
        expect(await readFile(path, 'utf8')).toBe(text.toString().slice(0, limitBytes));
        expect({ isCut, bytes }).toEqual({ isCut: limitBytes < 40, bytes: limitBytes });
      }),
      { numRuns: 30 },
    );
    await write(path, [Buffer.from('a secret-token')], { limitBytes: 12, secrets: () => ['secret-token'] });
    expect(await readFile(path, 'utf8')).toBe('a ***');
  });

  it.each(['/dev/full', '/dev/null/x.log'])('that can not be written says why: %s', async (path) => {
    const file = await openArtifactFile(path, { secrets: () => [] });
    await file.write(Buffer.alloc(1_000_000));
    expect(file.isOver()).toBe(true);
    expect(await file.close()).toMatchObject({
      bytes: 0,
      problem: expect.stringMatching(/ENOSPC|EEXIST/),
    });
  });
});
