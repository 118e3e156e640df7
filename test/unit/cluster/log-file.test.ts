import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLogFile } from '../../../src/cluster/log-file.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'log-file-'));
});
afterAll(() => rm(directory, { recursive: true }));

const line = (text: string | Buffer, hasNewline = true) => ({
  timestamp: '',
  bytes: Buffer.from(text),
  hasNewline,
});

describe('openLogFile', () => {
  it('writes the bytes as they are and knows their hash', async () => {
    const file = join(directory, 'a.log');
    const log = await openLogFile(file, 2);
    for (let index = 0; index < 5000; index += 1) await log.write(line(`line ${index}`));
    await log.write(line(Buffer.from([0xff, 0x41])));
    await log.write(line('no newline', false));
    const written = await log.finish();
    const content = await readFile(file);
    expect(content.subarray(-13)).toEqual(Buffer.from('\xffA\nno newline', 'latin1'));
    expect(written).toEqual({
      file,
      lines: 5002,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      tail: ['\ufffdA', 'no newline'],
    });
  });

  it('cuts long lines in the tail alone', async () => {
    const log = await openLogFile(join(directory, 'b.log'));
    await log.write(line('x'.repeat(100_000)));
    const written = await log.finish();
    expect(written.bytes).toBe(100_001);
    expect(written.tail[0]).toHaveLength(4096);
  });
});
