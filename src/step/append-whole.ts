import { statSync, truncateSync } from 'node:fs';
import { messageOf } from '../cluster/errors.ts';

/**
 * Lets `append` write to a file of the runner, and takes back what half of it got there where that fails: half an entry
 * would have the runner refuse the file and fail the step. Returns why it failed, as a sentence; the disk may be full.
 * `append` gets the size of what is already there.
 */
export function appendWhole(what: string, file: string, append: (size: number) => void): string | undefined {
  try {
    const { size } = statSync(file);
    try {
      append(size);
    } catch (error) {
      truncateSync(file, size);
      throw error;
    }
    return undefined;
  } catch (error) {
    return `${what} could not be written: ${messageOf(error)}`;
  }
}
