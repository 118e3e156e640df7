/** Files of the artifact, written as a stream: hashed and counted on the way, without secrets, readable by their owner alone. */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { messageOf } from '../cluster/errors.ts';
import { openSecretReplacer } from './secret-replacer.ts';

const NEWLINE = 10;
const BLOCK_BYTES = 256 * 1024;

export interface WrittenFile {
  readonly bytes: number;
  readonly lines: number;
  /** Hex, of the file as it is on disk. */
  readonly sha256: string;
  /** Whether there was more than `limitBytes`. */
  readonly isCut: boolean;
  /** Why it lacks what was to be written, as the operating system says: the disk may be full. */
  readonly problem?: string;
}

export interface FileOptions {
  /** Of what comes in, before anything is taken out of it; no limit unless told. */
  readonly limitBytes?: number;
  /** Never written: each becomes `***`. */
  readonly secrets: () => readonly string[];
}

export interface ArtifactFile {
  /** To be awaited where it returns a promise. What comes after the limit, or after a problem, is dropped. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Whether all that is written from now on is dropped. */
  isOver(): boolean;
  /** Writes the rest. */
  close(): Promise<WrittenFile>;
}

/** Begins the file anew. Never rejects, nor does what it returns: a full disk must not decide about an operation. */
export async function openArtifactFile(path: string, options: FileOptions): Promise<ArtifactFile> {
  const disk = await openDisk(path);
  const replacer = openSecretReplacer(options.secrets);
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let isCut = false;
  const spare: Buffer[] = [];
  let block: Buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  let held = 0;
  let appended = Promise.resolve();
  const append = (bytes: Buffer): Promise<void> => {
    appended = appended.then(() => disk.append(bytes));
    return appended;
  };
  const flush = (): Promise<void> => {
    const full = block;
    const text = replacer.push(full.subarray(0, held));
    block = spare.pop() ?? Buffer.allocUnsafe(BLOCK_BYTES);
    held = 0;
    // Its memory is used again, so that a long log makes no garbage.
    return append(text).then(() => void spare.push(full));
  };
  const fill = (bytes: Uint8Array): void | Promise<void> => {
    const room = BLOCK_BYTES - held;
    if (bytes.length < room) {
      block.set(bytes, held);
      held += bytes.length;
      return;
    }
    block.set(bytes.subarray(0, room), held);
    held = BLOCK_BYTES;
    const flushed = flush();
    return fill(bytes.subarray(room)) ?? flushed;
  };
  const isOver = (): boolean => isCut || disk.problem() !== undefined;
  return {
    isOver,
    write(bytes) {
      if (isOver()) return;
      isCut = bytes.length > left;
      const kept = isCut ? bytes.subarray(0, left) : bytes;
      left -= kept.length;
      return fill(kept);
    },
    async close() {
      await flush();
      await append(isCut ? replacer.endEarly() : replacer.end());
      return { ...(await disk.close()), isCut };
    },
  };
}

/** The place of a file of the artifact. Throws where that is not below the folder, whatever a name in the cluster is. */
export function placeBelow(folder: string, file: string): string {
  const path = resolve(folder, ...file.split('/'));
  if (!path.startsWith(resolve(folder) + sep)) throw new Error(`${file} is not below the artifact's folder`);
  return path;
}

interface Disk {
  append(block: Buffer): Promise<void>;
  problem(): string | undefined;
  close(): Promise<Omit<WrittenFile, 'isCut'>>;
}

/** After the first thing that goes wrong nothing is written any more, and what stands there is what was counted. */
async function openDisk(path: string): Promise<Disk> {
  const tally = openTally();
  let problem: string | undefined;
  const attempt = async (act: () => Promise<unknown>): Promise<void> => {
    if (problem !== undefined) return;
    await act().catch((error: unknown) => {
      problem = messageOf(error);
    });
  };
  let handle: FileHandle | undefined;
  await attempt(async () => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    handle = await open(path, 'w', 0o600);
  });
  return {
    problem: () => problem,
    append: async (block) => {
      if (block.length === 0) return;
      await attempt(async () => handle?.appendFile(block));
      if (problem === undefined) tally.count(block);
    },
    close: async () => {
      const counted = tally.result();
      // Half a block may have got there.
      if (problem !== undefined) await handle?.truncate(counted.bytes).catch(() => undefined);
      await handle?.close().catch(() => undefined);
      return { ...counted, ...(problem === undefined ? {} : { problem }) };
    },
  };
}

function openTally() {
  const hash = createHash('sha256');
  let bytes = 0;
  let newlines = 0;
  let last = NEWLINE;
  return {
    count(block: Buffer): void {
      hash.update(block);
      bytes += block.length;
      for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, at + 1)) newlines += 1;
      last = block.at(-1) ?? last;
    },
    /** An end without a newline is a line too. */
    result: () => ({ bytes, lines: newlines + (last === NEWLINE ? 0 : 1), sha256: hash.digest('hex') }),
  };
}
