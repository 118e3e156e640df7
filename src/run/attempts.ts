/** A Job whose pod the cluster took away before anything was sent is begun again, under another name. */
import { randomBytes } from 'node:crypto';
import { openBackoff } from '../cluster/pause.ts';
import type { Ending } from './ending.ts';
import type { RunRecord } from './record.ts';
import type { Recording } from './recording.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

export interface Attempting {
  readonly action: string;
  /** After the first. */
  readonly retries: number;
  readonly recording: Recording;
  readonly cancelled: AbortSignal;
  /** Of the whole run, as `performance.now()` counts. */
  readonly deadlineMs: number;
  readonly report: (text: string) => void;
}

/** Also the Job's name: a pod's name adds six characters to it, and 63 are the most. */
export function newExecutionId(action: string): string {
  return `${action}-${randomBytes(5).toString('hex')}`;
}

/** `runOnce` runs the Job that is named like the recording's execution, which is another one in each attempt. */
export async function runAttempts(attempting: Attempting, runOnce: () => Promise<Ending>): Promise<Ending> {
  const { recording, retries, cancelled, deadlineMs, report } = attempting;
  const backoff = openBackoff(FIRST_WAIT_MS, LONGEST_WAIT_MS, cancelled);
  for (let left = retries; ; left -= 1) {
    const ending = await runOnce();
    if (left === 0 || !mayRunAgain(ending, recording.known)) return ending;
    await backoff.wait();
    if (cancelled.aborted || performance.now() > deadlineMs) return ending;
    const { executionId } = recording;
    recording.beginAgain(newExecutionId(attempting.action), ending);
    report(`${ending.message} Trying again as ${recording.executionId}, in place of ${executionId}.`);
  }
}

/**
 * Only where the cluster itself took the pod (condition DisruptionTarget, KEP-3329: eviction, preemption, node
 * pressure, a lost node) and it is known that no request was sent. A Job that somebody deletes is meant to end.
 */
function mayRunAgain(
  { result }: Ending,
  { changed, job, verdict }: Pick<RunRecord, 'changed' | 'job' | 'verdict'>,
) {
  const sent = [...(verdict?.requests ?? []), ...(verdict?.undo?.requests ?? [])];
  const isUntouched = sent.every(({ outcome }) => outcome === 'not-applied');
  const isWhole = verdict?.shortened !== true;
  return result === 'failed' && job?.disruption !== undefined && !changed && isWhole && isUntouched;
}
