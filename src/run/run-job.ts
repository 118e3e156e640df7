/** The part of a run that may change the cluster: the Job created, followed and concluded, whatever happens meanwhile. */
import type { ApiServer } from '../cluster/api.ts';
import { untilSettled } from '../cluster/pause.ts';
import { isTerminated, type JobRef } from '../job/execution-job.ts';
import type { Mounted } from '../job/mounted.ts';
import { isFinished } from '../plan/pods.ts';
import { type Concluding, conclude } from './conclude.ts';
import type { LaunchFailed } from './end-execution.ts';
import type { Ending } from './ending.ts';
import { openExecutionLog } from './execution-log.ts';
import { endingOf } from './failure.ts';
import { type FollowEnd, type Following, openFollowing } from './follow.ts';
import { accountOf, type JobInput } from './job-manifest.ts';
import { type Launching, launch } from './launch.ts';
import { orCancelled } from './or-cancelled.ts';
import type { Recording } from './recording.ts';

/** A create request that is under way would come after a delete: its answer is waited for, but not for long. */
const LAST_ANSWER_MS = 1_000;

export interface JobContext {
  readonly cancelled: AbortSignal;
  /** Of the whole run, as `performance.now()` counts. */
  readonly deadlineMs: number;
  readonly report: (text: string) => void;
  readonly showLog: (line: Uint8Array) => void;
  readonly logFile: (executionId: string, attempt: number) => string;
  /** The step's own credentials in every form in which they could be written; more become known with time. */
  readonly secrets: () => readonly string[];
  /** Told before the Job is created, so that a post step can clean up after a step that was killed. */
  readonly onJob: (job: JobRef) => void;
}

export interface JobRun {
  readonly caller: ApiServer;
  readonly recording: Recording;
  readonly context: JobContext;
  readonly input: JobInput;
  /** Absent for a rollback, whose plan is in the cluster. */
  readonly contents?: Mounted;
}

export async function runJob(run: JobRun): Promise<Ending> {
  const { caller, recording, context, input } = run;
  const { executionId } = recording;
  const job = { namespace: input.namespace, name: executionId };
  await using following = openFollowing(caller, job);
  const log = await openExecutionLog({
    api: caller,
    file: context.logFile(executionId, recording.attempt),
    secrets: context.secrets,
    show: context.showLog,
    report: context.report,
    ended: () => containerHasEnded(following),
  });
  context.onJob(job);
  // Before anything is sent: from then on whatever goes wrong must not read as if nothing could have changed.
  recording.learn({
    changed: true,
    job: { ...job, serviceAccount: accountOf(input.order.declared) },
  });
  const { cancelled, report } = context;
  const what = input.order.summary;
  const concluding = { caller, job, following, log, recording, what, cancelled, report };
  const failed = await launchJob(run);
  if (failed?.kind === 'never-created') {
    recording.forgetJob();
    recording.learn({ changed: false });
    await log.finish(undefined, 0);
    return failed.ending;
  }
  // Awaited here, since the watches are closed on the way out.
  return await conclude(concluding, failed ?? (await follow(run, concluding)));
}

type NotLaunched = LaunchFailed | { readonly kind: 'never-created'; readonly ending: Ending };

/** `undefined` once Job and plan are there. */
async function launchJob(run: JobRun): Promise<NotLaunched | undefined> {
  const { caller, input, contents, context, recording } = run;
  const giveUp = new AbortController();
  const launching: Launching = { signal: giveUp.signal, stage: 'nothing' };
  const launched = launch(caller, input, contents, launching);
  try {
    await orCancelled(launched, context, 'while the Job was being created');
  } catch (error) {
    await abandon(launched, giveUp);
    const ending = endingOf(error, caller.url);
    if (launching.stage === 'nothing') return { kind: 'never-created', ending };
    return { kind: 'launch-failed', why: ending, canStart: launching.stage === 'startable' };
  }
  recording.reach('job created');
  context.report(`job/${recording.executionId} created in ${input.namespace}`);
  return undefined;
}

/** After it nothing of the launch is under way any more. */
async function abandon(launched: Promise<unknown>, giveUp: AbortController): Promise<void> {
  const over = launched.catch(() => undefined);
  await untilSettled(over, LAST_ANSWER_MS);
  giveUp.abort();
  await over;
}

/** What keeps us from seeing the executor does not keep it from acting: it is lost, not ended. */
async function follow(
  { caller, context, input, recording }: JobRun,
  { following, log }: Concluding,
): Promise<FollowEnd> {
  try {
    return await following.until({
      scheduleSeconds: input.timeouts.scheduleSeconds,
      deadlineMs: context.deadlineMs,
      signal: context.cancelled,
      report: context.report,
      onStarted: (pod) => {
        recording.reach('executor started');
        log.begin(pod);
      },
    });
  } catch (error) {
    if (context.cancelled.aborted) return { kind: 'cancelled' };
    const message = `it could not be followed: ${endingOf(error, caller.url).message}`;
    return { kind: 'lost', message, hasBegun: true };
  }
}

function containerHasEnded(following: Following): boolean {
  const pod = following.pod();
  return pod !== undefined && (isFinished(pod) || isTerminated(pod));
}
