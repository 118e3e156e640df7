/** A log's lines as bytes of a file. */
import type { LogGap } from '../cluster/pod-log.ts';
import type { ArtifactFile } from './artifact-file.ts';

const NEWLINE = Buffer.from('\n');

/** To be awaited where it returns a promise. */
export function writeLine(file: ArtifactFile, bytes: Uint8Array, hasNewline = true): void | Promise<void> {
  const written = file.write(bytes);
  return (hasNewline ? file.write(NEWLINE) : undefined) ?? written;
}

/** A line of our own in the place of what is missing. */
export function markOf({ after, reason }: LogGap): string {
  return `--- ${reason}${after === undefined ? '' : ` (after ${after})`} ---`;
}
