/** The one file of this folder that reads from disk. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Report } from './problems.ts';
import { quote } from './problems.ts';
import { MOST_BYTES, sayTooLarge } from './yaml-documents.ts';

/**
 * The text of the file that an input names, inside the workspace wherever symbolic links lead; `undefined` after a
 * report. The size is checked before anything is read.
 */
export function readSpecFile(
  file: string,
  input: 'spec-file' | 'manifest-file',
  workspace: string,
  report: Report,
): string | undefined {
  const where = `input ${input}`;
  try {
    const root = realpathSync(workspace);
    const path = realpathSync(resolve(root, file));
    if (!isInside(root, path)) {
      report({ where, message: `${quote(file)} is outside the workspace; check the file out into it` });
      return undefined;
    }
    return readBounded(path, (message) => report({ where, message: `${quote(file)} ${message}` }));
  } catch (error) {
    report({ where, message: `${quote(file)} ${sayFileError(error)}` });
    return undefined;
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Asks what it is before opening it: opening a pipe would wait for a writer. */
function readBounded(path: string, refuse: (message: string) => void): string | undefined {
  const stat = statSync(path);
  const fault = stat.isFile()
    ? stat.size > MOST_BYTES
      ? sayTooLarge(stat.size)
      : undefined
    : 'is not a regular file';
  if (fault === undefined) {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  }
  refuse(fault);
  return undefined;
}

function sayFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'does not exist in the workspace; is there a checkout step before this one?';
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'is not UTF-8 text';
    case 'EACCES':
      return 'may not be read';
    default:
      return `could not be read (${typeof code === 'string' ? code : 'unknown error'})`;
  }
}
