/** Ends an execution that is not to go on: asks a running executor to stop, deletes a Job that has not started. */
import type { ApiServer } from '../cluster/api.ts';
import { pause } from '../cluster/pause.ts';
import type { JobRef } from '../job/execution-job.ts';
import type { Remains } from './await-gone.ts';
import type { Ending } from './ending.ts';
import type { FollowEnd, Following } from './follow.ts';
import { deleteJob, stopExecution } from './stop-execution.ts';

/** What is left of the 2 s after a signal, for the executor's own word on what it had done. */
const CANCEL_GRACE_MS = 1_000;
/** After a timeout, or where it started while its Job was being deleted, there is time for an undo. */
const UNDO_GRACE_MS = 60_000;
/** For the request to stop: a server that is away at the end of the time is not waited for. */
const STOP_ANSWER_MS = 5_000;
/** For the kubelet to remove a pod whose container has not started. */
const REMOVAL_GRACE_MS = 10_000;

/** The Job or its plan could not be sent whole, so what the cluster has of them is not known. */
export interface LaunchFailed {
  readonly kind: 'launch-failed';
  readonly why: Ending;
  /** False where its plan was never sent, without which its pod can't start. */
  readonly canStart: boolean;
}

export interface EndingRun {
  readonly caller: ApiServer;
  readonly job: JobRef;
  readonly following: Following;
  readonly cancelled: AbortSignal;
  readonly report: (text: string) => void;
}

/** As in `Remains`. `not-deleted`: it could be neither deleted nor asked to stop. `running`: it goes on, or nobody knows. */
export type Left =
  | Remains
  | { readonly kind: 'not-deleted'; readonly problem: string }
  | { readonly kind: 'running' };

/** Sees to it that nothing goes on that is not to, and tells what is left. */
export async function endExecution(run: EndingRun, end: FollowEnd | LaunchFailed): Promise<Left> {
  switch (end.kind) {
    case 'verdict':
      return end;
    case 'lost':
      return hadNotBegun(run, end) ? { kind: 'gone' } : { kind: 'running' };
    case 'not-started':
      return removeJob(run, true);
    case 'launch-failed':
      return removeJob(run, end.canStart);
    case 'cancelled':
    case 'timeout':
      return stop(run, end.kind);
  }
}

function hadNotBegun({ following }: EndingRun, { hasBegun }: { readonly hasBegun: boolean }): boolean {
  return !hasBegun || (following.isGone() && !following.hasStarted());
}

async function removeJob(run: EndingRun, canStart: boolean): Promise<Left> {
  const { caller, job, report, cancelled } = run;
  const graceMs = cancelled.aborted ? CANCEL_GRACE_MS : REMOVAL_GRACE_MS;
  const deadlineMs = performance.now() + graceMs;
  const problem = await inTime(caller, deleteJob(caller, job), graceMs);
  if (problem instanceof Error) {
    report(`job/${job.name} could not be deleted: ${problem.message}`);
    return { kind: 'not-deleted', problem: problem.message };
  }
  return canStart ? await untilGone(run, deadlineMs) : { kind: 'gone' };
}

async function untilGone({ following, cancelled }: EndingRun, deadlineMs: number): Promise<Left> {
  const graceMs = Math.max(0, deadlineMs - performance.now());
  return following.untilGone(
    cancelled.aborted
      ? { graceMs, startedGraceMs: graceMs, signal: new AbortController().signal }
      : { graceMs, startedGraceMs: UNDO_GRACE_MS, signal: cancelled },
  );
}

/** Requests the stop; only a verdict that is there in time is told. */
async function stop(run: EndingRun, why: 'cancelled' | 'timeout'): Promise<Left> {
  const { caller, job, following, report } = run;
  const graceMs = why === 'timeout' ? UNDO_GRACE_MS : CANCEL_GRACE_MS;
  const deadlineMs = performance.now() + graceMs;
  const stopped = await inTime(caller, stopExecution(caller, job), Math.min(graceMs, STOP_ANSWER_MS));
  if (stopped instanceof Error) {
    report(`job/${job.name} could not be asked to stop: ${stopped.message}`);
    return { kind: 'not-deleted', problem: stopped.message };
  }
  if (stopped === 'deleted') {
    report(`job/${job.name} had not started and was deleted`);
    return untilGone(run, Math.min(deadlineMs, performance.now() + REMOVAL_GRACE_MS));
  }
  report(`asked job/${job.name} to stop`);
  return following
    .until({
      scheduleSeconds: graceMs / 1000,
      deadlineMs,
      signal: new AbortController().signal,
      report,
      onStarted: () => undefined,
    })
    .then(
      (last) => (last.kind === 'verdict' ? last : { kind: 'running' }),
      () => ({ kind: 'running' }),
    );
}

/** A server that is away must not keep a run from saying how it ended; the post step asks again. */
async function inTime<Value>(
  { url }: ApiServer,
  request: Promise<Value>,
  graceMs: number,
): Promise<Value | Error> {
  const giveUp = new AbortController();
  const late = pause(graceMs, giveUp.signal).then(() => new Error(`no answer from ${url} in time`));
  const answer = await Promise.race([request, late]).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  giveUp.abort();
  return answer;
}
