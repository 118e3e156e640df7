import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { LogLine } from './log-line.ts';

const BLOCK_BYTES = 64 * 1024;
const LONGEST_TAIL_LINE_BYTES = 4096;

export interface LogFile {
  /** To be awaited where it returns a promise, before the next line. */
  write(line: LogLine): void | Promise<void>;
  /** Writes what is left and closes the file. */
  finish(): Promise<WrittenLog>;
}

export interface WrittenLog {
  readonly file: string;
  readonly lines: number;
  readonly bytes: number;
  /** Hex, of the file as it is on disk. */
  readonly sha256: string;
  /** The last lines as text for display: broken UTF-8 replaced, long lines cut. */
  readonly tail: readonly string[];
}

/** A new file with the container's bytes as they are, without timestamps; readable by its owner alone. */
export async function openLogFile(file: string, tailLines = 50): Promise<LogFile> {
  const handle = await open(file, 'w', 0o600);
  const hash = createHash('sha256');
  const tail: Buffer[] = [];
  let pending: Buffer[] = [];
  let held = 0;
  let lines = 0;
  let bytes = 0;

  const flush = async (): Promise<void> => {
    const block = Buffer.concat(pending);
    pending = [];
    held = 0;
    hash.update(block);
    await handle.appendFile(block);
  };

  return {
    write(line) {
      pending.push(line.bytes);
      if (line.hasNewline) pending.push(NEWLINE);
      const size = line.bytes.length + (line.hasNewline ? 1 : 0);
      lines += 1;
      bytes += size;
      held += size;
      keepTail(tail, line.bytes, tailLines);
      return held >= BLOCK_BYTES ? flush() : undefined;
    },
    async finish() {
      await flush();
      await handle.close();
      const text = tail.map((line) => line.toString('utf8'));
      return { file, lines, bytes, sha256: hash.digest('hex'), tail: text };
    },
  };
}

const NEWLINE = Buffer.from('\n');

/** Long lines are copied, so that the rest of them can go. */
function keepTail(tail: Buffer[], line: Buffer, tailLines: number): void {
  const isLong = line.length > LONGEST_TAIL_LINE_BYTES;
  tail.push(isLong ? Buffer.from(line.subarray(0, LONGEST_TAIL_LINE_BYTES)) : line);
  if (tail.length > tailLines) tail.shift();
}
