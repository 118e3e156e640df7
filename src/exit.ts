/** How every program of ours ends. */
import { untilSettled } from './cluster/pause.ts';

/** For a reader that is gone: GitHub kills a cancelled step after ten seconds in all. */
const TIMEOUT_MS = 2000;

/** A pipe holds 64 KiB; what is printed beyond them waits in the process, and `process.exit` alone would drop it. */
export async function exit(code: number): Promise<never> {
  await untilSettled(Promise.all([process.stdout, process.stderr].map(written)), TIMEOUT_MS);
  process.exit(code);
}

/** Until all that was written before is out, or can't come out any more. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stream.once('error', () => resolve());
  stream.write('', () => resolve());
  return promise;
}
