/** From the end of an execution to the record's: what is left ended, the log read to its end, the verdict in words. */
import { executorState } from '../job/execution-job.ts';
import { readPointer } from '../plan/pointer.ts';
import { exitCodeOf, isChanged, isRollback, isUndone, type Verdict } from '../plan/verdict.ts';
import { advise } from './advice.ts';
import { type EndingRun, endExecution, type LaunchFailed, type Left } from './end-execution.ts';
import type { Ending } from './ending.ts';
import type { ExecutionLog } from './execution-log.ts';
import type { FollowEnd } from './follow.ts';
import type { Recording } from './recording.ts';
import { disruptionOf } from './why-ended.ts';

/** Without a new line: an API server that was restarted is back in that time. */
const LOG_GRACE_MS = 15_000;
const SHORT_LOG_GRACE_MS = 300;

/** The executor calls it a cancellation when we ask it to stop; that we did so after a timeout it can't know. */
const TIMED_OUT = { result: 'timed-out', reasonCode: 'timeout' } as const;

export interface Concluding extends EndingRun {
  readonly log: ExecutionLog;
  readonly recording: Recording;
  /** What was to be done, for messages. */
  readonly what: string;
}

export async function conclude(run: Concluding, end: FollowEnd | LaunchFailed): Promise<Ending> {
  const { following, log, recording } = run;
  const left = await endExecution(run, end);
  const verdict = left.kind === 'verdict' && tells(left.verdict, end) ? left.verdict : undefined;
  const pod = following.pod();
  if (pod && verdict) log.begin(pod);
  recording.learn({ log: await log.finish(verdict?.logLines, logGraceOf(run, end, left)) });
  learnExitCode(run, verdict);
  learnDisruption(run);
  recording.learn({ changed: verdict ? isChanged(verdict) : mayHaveChanged(run, end, left) });
  if (verdict) recording.learn({ verdict });
  else learnFate(recording, left);
  if (end.kind === 'verdict') return await endingOfVerdict(end.verdict, run, end);
  return verdict ? await endingOfVerdict(verdict, run, end) : endingWithout(run, end, left);
}

function logGraceOf({ cancelled }: Concluding, end: FollowEnd | LaunchFailed, left: Left): number {
  const isOutOfReach = (end.kind === 'lost' && end.isOutOfReach === true) || left.kind === 'not-deleted';
  return cancelled.aborted || isOutOfReach ? SHORT_LOG_GRACE_MS : LOG_GRACE_MS;
}

/** Who is cancelled must not read of a success that came in that very moment. */
function tells({ result }: Verdict, { kind }: FollowEnd | LaunchFailed): boolean {
  return kind !== 'cancelled' || result !== 'succeeded';
}

function learnExitCode({ following, recording }: Concluding, verdict: Verdict | undefined): void {
  const seen = readPointer(executorState(following.pod()), '/terminated/exitCode');
  const exitCode = verdict ? exitCodeOf(verdict) : seen;
  const { job } = recording.known;
  if (typeof exitCode === 'number' && job) recording.learn({ job: { ...job, exitCode } });
}

function learnDisruption({ following, recording }: Concluding): void {
  const disruption = disruptionOf(following.pod());
  const { job } = recording.known;
  if (disruption !== '' && job) recording.learn({ job: { ...job, disruption } });
}

function learnFate(recording: Recording, left: Left): void {
  const { job } = recording.known;
  const fate = left.kind === 'gone' ? 'never-started' : 'unknown';
  if (job) recording.learn({ job: { ...job, fate } });
}

/** Without a verdict an executor that had started, or may start yet, may have changed anything. */
function mayHaveChanged({ following }: Concluding, end: FollowEnd | LaunchFailed, left: Left): boolean {
  if (left.kind === 'gone') return false;
  if (end.kind === 'launch-failed' && !end.canStart) return false;
  // A cancelled run can't wait for the pod to vanish, and its Job is deleted.
  return end.kind !== 'cancelled' || left.kind !== 'there' || following.hasStarted();
}

type EndWithout = Exclude<FollowEnd, { readonly kind: 'verdict' }> | LaunchFailed;

function endingWithout(run: Concluding, end: EndWithout, left: Left): Ending {
  const { what } = run;
  switch (end.kind) {
    case 'not-started':
    case 'launch-failed':
      return endingOfRemoval(run, end, left);
    case 'lost':
      return lost(what, end.message, left);
    case 'cancelled':
      return { result: 'cancelled', reasonCode: 'cancelled', message: `${what}: ${sayCancelled(left)}` };
    case 'timeout':
      return { ...TIMED_OUT, message: `${what}: the whole run took longer than timeout; ${sayStop(left)}` };
  }
}

function sayCancelled({ kind }: Left): string {
  return kind === 'gone'
    ? 'cancelled before the executor had started; nothing was changed'
    : 'cancelled; the executor finishes or undoes in the cluster what it has begun';
}

function sayStop(left: Left): string {
  if (left.kind === 'gone') return 'the executor had not started, and nothing was changed';
  return left.kind === 'not-deleted'
    ? `the executor could not be asked to stop (${left.problem}) and goes on until its own time limits`
    : 'the executor was asked to stop';
}

function lost(what: string, message: string, left: Left): Ending {
  const [known, then] =
    left.kind === 'gone'
      ? [' before it had begun, so nothing was changed', []]
      : [', so it is not known what it had done', ['Look at the target before running again.']];
  const told = [`the executor was lost${known}: ${message}.`, advise(message), ...then];
  return { result: 'failed', reasonCode: 'executor-lost', message: `${what}: ${sentences(told)}` };
}

function sentences(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}

type Removed = Extract<FollowEnd, { readonly kind: 'not-started' }> | LaunchFailed;

/** Of a Job that was deleted because it did not start, or because it could not be sent whole. */
function endingOfRemoval({ what, job }: Concluding, end: Removed, left: Left): Ending {
  const why = whyRemoved(end);
  if (left.kind === 'gone') return { ...why, message: `${what}: nothing was changed: ${why.message}` };
  const message = `${what}: ${why.message}; ${sayLeft(job.name, left)}. Look at the target before running again.`;
  const isLost = left.kind === 'started' || end.kind === 'launch-failed';
  const isStopped = why.result === 'timed-out' || why.result === 'cancelled';
  const canAct = end.kind === 'not-started' || end.canStart;
  return isLost && canAct && !isStopped
    ? { result: 'failed', reasonCode: 'executor-lost', message }
    : { ...why, message };
}

function whyRemoved(end: Removed): Ending {
  return end.kind === 'launch-failed'
    ? end.why
    : { result: 'failed', reasonCode: end.reasonCode, message: end.message };
}

function sayLeft(name: string, left: Left): string {
  if (left.kind === 'not-deleted')
    return `job/${name} could not be deleted (${left.problem}) and may act yet: delete it`;
  return left.kind === 'started'
    ? `the executor started all the same while job/${name} was being deleted, so it is not known what it had done`
    : `job/${name} was deleted, but its pod is not yet gone, so it is not known whether it has started`;
}

async function endingOfVerdict(
  verdict: Verdict,
  { what, cancelled, following }: Concluding,
  end: FollowEnd | LaunchFailed,
): Promise<Ending> {
  const { result, reasonCode, message } = verdict;
  if (result !== 'cancelled') return { result, reasonCode, message: `${what}: ${message}` };
  if (end.kind === 'timeout') {
    return { ...TIMED_OUT, message: `${what}: the whole run took longer than timeout: ${message}` };
  }
  if (end.kind === 'not-started' || end.kind === 'launch-failed') {
    const why = whyRemoved(end);
    const started = `${what}: ${why.message}; it started while its Job was being deleted: ${message}`;
    return { ...why, message: started };
  }
  if (cancelled.aborted) return { result, reasonCode, message: `${what}: ${message}` };
  const why = (await following.whyStopped(cancelled)) || "somebody else stopped the executor's pod";
  return {
    result: !isRollback(verdict) && isUndone(verdict) ? 'rolled-back' : 'failed',
    reasonCode: 'interrupted',
    message: `${what}: ${sentences([`${why}: ${message}.`, advise(why)])}`,
  };
}
