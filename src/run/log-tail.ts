import { replaceSecrets } from './secret-replacer.ts';

const MOST_LINES = 50;
const LONGEST_LINE_BYTES = 4096;

export interface LogTail {
  add(line: Uint8Array): void;
  /** As text for display: without secrets, broken UTF-8 replaced, long lines cut. */
  lines(): readonly string[];
}

/** The last lines of a log. */
export function openLogTail(secrets: () => readonly string[]): LogTail {
  const tail: { readonly line: Uint8Array; readonly isCut: boolean }[] = [];
  return {
    add(line) {
      const isCut = line.length > LONGEST_LINE_BYTES;
      // Long lines are copied, so that the rest of them can go.
      tail.push({ line: isCut ? Uint8Array.from(line.subarray(0, LONGEST_LINE_BYTES)) : line, isCut });
      if (tail.length > MOST_LINES) tail.shift();
    },
    lines: () => tail.map(({ line, isCut }) => replaceSecrets(line, secrets(), isCut).toString('utf8')),
  };
}
