import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { openSecretReplacer } from './secret-replacer.ts';

const NEWLINE = 10;

export interface WrittenFile {
  readonly bytes: number;
  readonly lines: number;
  /** Hex, of the file as it is on disk. */
  readonly sha256: string;
  /** Whether there was more than `limitBytes`. */
  readonly isCut: boolean;
}

export interface FileLimits {
  /** Of what comes in, before anything is taken out of it. */
  readonly limitBytes: number;
  /** Never written: each becomes `***`. */
  readonly secrets: readonly string[];
}

/** Writes anew what comes, readable by its owner alone; throws what the source throws and leaves what came before that. */
export async function writeCollectedFile(
  path: string,
  source: AsyncIterable<Uint8Array>,
  { limitBytes, secrets }: FileLimits,
): Promise<WrittenFile> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, 'w', 0o600);
  const replacer = openSecretReplacer(secrets);
  const tally = openTally();
  const write = async (bytes: Buffer): Promise<void> => {
    tally.count(bytes);
    if (bytes.length > 0) await handle.appendFile(bytes);
  };
  let left = limitBytes;
  let isCut = false;
  try {
    for await (const chunk of source) {
      await write(replacer.push(chunk.subarray(0, left)));
      isCut = chunk.length > left;
      left -= Math.min(left, chunk.length);
      if (isCut) break;
    }
    await write(isCut ? replacer.endEarly() : replacer.end());
  } finally {
    await handle.close();
  }
  return { ...tally.result(), isCut };
}

/** The place of a file of the artifact. Throws where that is not below the folder, whatever a name in the cluster is. */
export function placeBelow(folder: string, file: string): string {
  const path = resolve(folder, ...file.split('/'));
  if (!path.startsWith(resolve(folder) + sep)) throw new Error(`${file} is not below the artifact's folder`);
  return path;
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
