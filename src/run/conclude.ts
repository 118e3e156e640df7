/** From the end of an execution to the record's: the log read to its end, the verdict in words, what is left removed. */
import type { ApiServer } from '../cluster/api.ts';
import { pause } from '../cluster/pause.ts';
import { readPointer } from '../plan/pointer.ts';
import { exitCodeOf, type Verdict } from '../plan/verdict.ts';
import type { Ending } from './ending.ts';
import type { ExecutionLog } from './execution-log.ts';
import type { FollowEnd, Following } from './follow.ts';
import type { Recording } from './recording.ts';
import { deleteJob, hasStarted, type JobRef, stopExecution } from './stop-execution.ts';

/** What is left of the 2 s after a signal, for the executor's own word on what it had done. */
const CANCEL_GRACE_MS = 1_000;
/** After a timeout there is time for an undo. */
const TIMEOUT_GRACE_MS = 60_000;
const LOG_GRACE_MS = 5_000;
const CANCELLED_LOG_GRACE_MS = 300;

/** The executor calls it a cancellation when we ask it to stop; that we did so after a timeout it can't know. */
const TIMED_OUT = { result: 'timed-out', reasonCode: 'timeout' } as const;

export interface Concluding {
  readonly caller: ApiServer;
  readonly job: JobRef;
  readonly following: Following;
  readonly log: ExecutionLog;
  readonly recording: Recording;
  /** What was to be done, for messages. */
  readonly what: string;
  readonly cancelled: AbortSignal;
  readonly report: (text: string) => void;
}

export async function conclude(run: Concluding, end: FollowEnd): Promise<Ending> {
  const { following, log, recording } = run;
  const settled = end.kind === 'cancelled' || end.kind === 'timeout' ? await stop(run, end) : end;
  const verdict = settled.kind === 'verdict' ? settled.verdict : undefined;
  const pod = following.pod();
  if (pod && verdict) log.begin(pod);
  const isCut = run.cancelled.aborted;
  recording.learn({
    log: await log.finish(verdict?.logLines, isCut ? CANCELLED_LOG_GRACE_MS : LOG_GRACE_MS),
  });
  learnExitCode(run, verdict);
  recording.learn({ changed: mayHaveChanged(settled, following) });
  if (verdict) recording.learn({ verdict });
  if (settled.kind === 'not-started') await removeJob(run);
  return endingOfFollow(settled, run.what, stoppedBy(run, end));
}

/** What keeps it from being removed must not hide why it did not start; its deadline ends it in any case. */
async function removeJob({ caller, job, report }: Concluding): Promise<void> {
  await deleteJob(caller, job).catch((error: unknown) =>
    report(`job/${job.name} could not be deleted: ${error instanceof Error ? error.message : String(error)}`),
  );
}

function learnExitCode({ following, recording }: Concluding, verdict: Verdict | undefined): void {
  const seen = readPointer(following.pod(), '/status/containerStatuses/0/state/terminated/exitCode');
  const exitCode = verdict ? exitCodeOf(verdict) : seen;
  const { job } = recording.known;
  if (typeof exitCode === 'number' && job) recording.learn({ job: { ...job, exitCode } });
}

/** Requests the stop; the result is written at once, and only a verdict that is there in time is told with it. */
async function stop(run: Concluding, end: FollowEnd): Promise<FollowEnd> {
  const { following, report } = run;
  const graceMs = end.kind === 'timeout' ? TIMEOUT_GRACE_MS : CANCEL_GRACE_MS;
  const deadlineMs = performance.now() + graceMs;
  if ((await requestStop(run, graceMs)) !== 'asked') return end;
  const last = await following.until({
    scheduleSeconds: graceMs / 1000,
    deadlineMs,
    signal: new AbortController().signal,
    report,
    onStarted: () => undefined,
  });
  return last.kind === 'verdict' && (end.kind === 'timeout' || last.verdict.result !== 'succeeded')
    ? last
    : end;
}

/** A server that is away must not keep a cancelled run from saying so; the post step asks again. */
async function requestStop(
  { caller, job, report }: Concluding,
  graceMs: number,
): Promise<'asked' | 'deleted' | 'failed'> {
  const giveUp = new AbortController();
  const late = pause(graceMs, giveUp.signal).then(() => new Error('no answer in time'));
  const stopped = await Promise.race([stopExecution(caller, job), late]).catch((error: unknown) => error);
  giveUp.abort();
  if (stopped instanceof Error) {
    report(`job/${job.name} could not be asked to stop: ${stopped.message}`);
    return 'failed';
  }
  report(
    stopped === 'deleted'
      ? `job/${job.name} had not started and was deleted`
      : `asked job/${job.name} to stop`,
  );
  return stopped === 'deleted' ? 'deleted' : 'asked';
}

type StoppedBy = 'workflow' | 'timeout' | 'somebody';

/** Who it was, if the executor says that it was stopped. */
function stoppedBy({ cancelled }: Concluding, end: FollowEnd): StoppedBy {
  if (end.kind === 'timeout') return 'timeout';
  return cancelled.aborted ? 'workflow' : 'somebody';
}

function endingOfFollow(end: FollowEnd, what: string, by: StoppedBy): Ending {
  switch (end.kind) {
    case 'verdict':
      return endingOfVerdict(end.verdict, what, by);
    case 'not-started':
      return {
        result: 'failed',
        reasonCode: end.reasonCode,
        message: `${what}: nothing was changed: ${end.message}`,
      };
    case 'lost':
      return {
        result: 'failed',
        reasonCode: 'executor-lost',
        message: `${what}: the executor was lost, so it is not known what it had done: ${end.message}. Look at the target before running again.`,
      };
    case 'cancelled':
      return {
        result: 'cancelled',
        reasonCode: 'cancelled',
        message: `${what}: cancelled; the executor finishes or undoes in the cluster what it has begun`,
      };
    case 'timeout':
      return {
        ...TIMED_OUT,
        message: `${what}: the whole run took longer than timeout; the executor was asked to stop`,
      };
  }
}

function endingOfVerdict(
  { result, reasonCode, message, undo }: Verdict,
  what: string,
  by: StoppedBy,
): Ending {
  if (result !== 'cancelled' || by === 'workflow')
    return { result, reasonCode, message: `${what}: ${message}` };
  if (by === 'timeout') {
    return { ...TIMED_OUT, message: `${what}: the whole run took longer than timeout: ${message}` };
  }
  return {
    result: undo ? 'rolled-back' : 'failed',
    reasonCode: 'interrupted',
    message: `${what}: somebody else stopped the executor's pod (evicted, deleted or drained): ${message}`,
  };
}

/** Without a verdict an executor that had started may have changed anything. */
function mayHaveChanged(end: FollowEnd, following: Following): boolean {
  if (end.kind === 'verdict') return isChanged(end.verdict);
  const pod = following.pod();
  return end.kind !== 'not-started' && pod !== undefined && hasStarted(pod);
}

/** Whether the cluster was left otherwise than before. */
function isChanged({ requests, undo, result }: Verdict): boolean {
  const applied = requests.some((request) => request.outcome !== 'not-applied');
  const undone = undo !== undefined && result !== 'rollback-failed';
  return applied && !undone;
}
