/** One execution from request to record: prepare → launch → follow → judge. Whatever happens, there is a record. */
import { randomBytes } from 'node:crypto';
import type { ApiServer, ClusterAccess } from '../cluster/api.ts';
import { openApiServer } from '../cluster/transport.ts';
import { serviceAccountOf } from '../plan/names.ts';
import type { Envelope } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type { Verdict } from '../plan/verdict.ts';
import type { ExecutionRequest, Mode, RunOptions } from '../spec/request.ts';
import { Ended, type Ending, refuse } from './ending.ts';
import { type ExecutionLog, openExecutionLog } from './execution-log.ts';
import { endingOf } from './failure.ts';
import { type FollowEnd, type Following, openFollowing } from './follow.ts';
import type { JobInput } from './job-manifest.ts';
import { launch, rehearseJob } from './launch.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { RunRecord } from './record.ts';
import { Recording } from './recording.ts';
import { deleteJob, isFinished, type JobRef, stopExecution } from './stop-execution.ts';

/** What is left of the 2 s after a signal, for the executor's own word on what it had done. */
const CANCEL_GRACE_MS = 1_000;
const LOG_GRACE_MS = 5_000;

export interface RunContext {
  readonly access: ClusterAccess;
  readonly mode: Mode;
  readonly options: RunOptions;
  /** Hex sha256 of the executor program that belongs to this step. */
  readonly programHash: string;
  readonly cancelled: AbortSignal;
  /** Of the whole run, as `performance.now()` counts. */
  readonly deadlineMs: number;
  readonly report: (text: string) => void;
  readonly showLog: (line: string) => void;
  readonly logFile: (executionId: string) => string;
  /** Told before the Job is created, so that a post step can clean up after a step that was killed. */
  readonly onJob: (job: JobRef & { readonly executionId: string }) => void;
}

export async function runExecution(request: ExecutionRequest, context: RunContext): Promise<RunRecord> {
  const recording = new Recording(newExecutionId(request.action.name), context.mode, request);
  const caller = openApiServer(context.access);
  try {
    return recording.finish(await runStages(request, context, recording, caller));
  } catch (error) {
    return recording.finish(endingOf(error, context.access.url));
  } finally {
    caller.close();
  }
}

/** Also the Job's name: a pod's name adds six characters to it, and 63 are the most. */
function newExecutionId(action: string): string {
  return `${action}-${randomBytes(5).toString('hex')}`;
}

async function runStages(
  request: ExecutionRequest,
  context: RunContext,
  recording: Recording,
  caller: ApiServer,
): Promise<Ending> {
  const { mode, options, access, programHash, report } = context;
  const prepared = await orCancelled(
    prepare({
      caller,
      access,
      request,
      mode,
      options,
      programHash,
      recording,
      report,
      rehearseJob: (ready) => rehearseJob(caller, jobInput(request, context, recording, ready)),
    }),
    context,
  );
  const { plan, planHash } = prepared;
  const changes = plan.requests.length > 0;
  recording.learn({ changed: changes });
  report(`plan: ${plan.summary} (${planHash})`);
  for (const note of plan.notes) report(`note: ${note}`);
  if (mode === 'plan')
    return {
      result: 'planned',
      reasonCode: 'planned',
      message: `would ${plan.summary}; nothing was changed`,
    };
  if (mode === 'apply' && options.planHash !== planHash)
    return planChanged(options.planHash, planHash, plan.summary);
  if (!changes)
    return { result: 'succeeded', reasonCode: 'no-change', message: `nothing to do: ${plan.summary}` };
  return execute(request, context, recording, { caller, prepared });
}

function planChanged(approved: string | undefined, planHash: string, summary: string): Ending {
  return refuse(
    'plan-changed',
    `what was approved is ${approved ?? 'missing'}, but the plan made now is ${planHash}: ${summary}. The object or the spec has changed since. Plan again, and have the new plan approved.`,
  );
}

interface Ready {
  readonly caller: ApiServer;
  readonly prepared: Prepared;
}

async function execute(
  request: ExecutionRequest,
  context: RunContext,
  recording: Recording,
  { caller, prepared }: Ready,
): Promise<Ending> {
  const { executionId } = recording;
  const job = { namespace: context.options.jobNamespace, name: executionId };
  const envelope: Envelope = { executionId, plan: prepared.plan, settings: request.settings };
  await using following = openFollowing(caller, job);
  const log = await openExecutionLog({
    api: caller,
    file: context.logFile(executionId),
    show: context.showLog,
    ended: () => hasEnded(following),
  });
  context.onJob({ ...job, executionId });
  const created = await orCancelled(
    launch(caller, jobInput(request, context, recording, prepared), envelope),
    context,
  ).catch(async (error: unknown) => {
    if (context.cancelled.aborted) await deleteJob(caller, job);
    throw error;
  });
  recording.learn({ job: { ...job, serviceAccount: serviceAccountOf(prepared.plan.action) } });
  recording.reach('job created');
  context.report(`job/${created.metadata.name} created in ${job.namespace}`);
  const end = await following.until({
    scheduleSeconds: request.timeouts.scheduleSeconds,
    deadlineMs: context.deadlineMs,
    signal: context.cancelled,
    report: context.report,
    onStarted: (pod) => {
      recording.reach('executor started');
      log.begin(pod);
    },
  });
  return concluded({ caller, job, following, log, recording, context }, end);
}

interface Concluding {
  readonly caller: ApiServer;
  readonly job: JobRef;
  readonly following: Following;
  readonly log: ExecutionLog;
  readonly recording: Recording;
  readonly context: RunContext;
}

async function concluded(run: Concluding, end: FollowEnd): Promise<Ending> {
  const { following, log, recording } = run;
  const settled = end.kind === 'cancelled' || end.kind === 'timeout' ? await stop(run, end) : end;
  const verdict = settled.kind === 'verdict' ? settled.verdict : undefined;
  const pod = following.pod();
  if (pod && verdict) log.begin(pod);
  const isCut = run.context.cancelled.aborted;
  recording.learn({ log: await log.finish(verdict?.logLines, isCut ? 300 : LOG_GRACE_MS) });
  const exitCode = readPointer(pod, '/status/containerStatuses/0/state/terminated/exitCode');
  if (typeof exitCode === 'number' && recording.known.job)
    recording.learn({ job: { ...recording.known.job, exitCode } });
  if (verdict) recording.learn({ verdict, changed: isChanged(verdict) });
  if (settled.kind === 'not-started') await deleteJob(run.caller, run.job);
  return endingOfFollow(settled, recording);
}

/** Requests the stop; the result is written at once, and only a verdict that is there in time is told with it. */
async function stop({ caller, job, following, context }: Concluding, end: FollowEnd): Promise<FollowEnd> {
  const stopped = await stopExecution(caller, job);
  context.report(
    stopped === 'deleted'
      ? `job/${job.name} had not started and was deleted`
      : `asked job/${job.name} to stop`,
  );
  if (stopped === 'deleted') return end;
  const graceMs = end.kind === 'timeout' ? 60_000 : CANCEL_GRACE_MS;
  const last = await following.until({
    scheduleSeconds: graceMs / 1000,
    deadlineMs: performance.now() + graceMs,
    signal: new AbortController().signal,
    report: context.report,
    onStarted: () => undefined,
  });
  return last.kind === 'verdict' && (end.kind === 'timeout' || last.verdict.result !== 'succeeded')
    ? last
    : end;
}

function endingOfFollow(end: FollowEnd, recording: Recording): Ending {
  const what = recording.known.plan?.summary ?? '';
  switch (end.kind) {
    case 'verdict':
      return endingOfVerdict(end.verdict, what);
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
        result: 'timed-out',
        reasonCode: 'timeout',
        message: `${what}: the whole run took longer than timeout; the executor was asked to stop`,
      };
  }
}

function endingOfVerdict(verdict: Verdict, what: string): Ending {
  return { result: verdict.result, reasonCode: verdict.reasonCode, message: `${what}: ${verdict.message}` };
}

/** Whether the cluster was left otherwise than before. */
function isChanged({ requests, undo, result }: Verdict): boolean {
  const applied = requests.some((request) => request.outcome !== 'not-applied');
  const undone = undo !== undefined && result !== 'rollback-failed';
  return applied && !undone;
}

function hasEnded(following: Following): boolean {
  const pod = following.pod();
  return (
    pod !== undefined &&
    (isFinished(pod) || readPointer(pod, '/status/containerStatuses/0/state/terminated') !== undefined)
  );
}

function jobInput(
  request: ExecutionRequest,
  { options }: RunContext,
  recording: Recording,
  prepared: Prepared,
): JobInput {
  const { plan, planHash, image, program, identity } = prepared;
  return {
    executionId: recording.executionId,
    namespace: options.jobNamespace,
    plan,
    planHash,
    image,
    program,
    createdBy: identity.user,
    timeouts: request.timeouts,
    labels: options.jobLabels,
    annotations: options.jobAnnotations,
  };
}

/** Nothing that hangs may keep a cancelled run from saying so. */
async function orCancelled<Value>(
  stage: Promise<Value>,
  { cancelled, deadlineMs }: RunContext,
): Promise<Value> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const cancel = (): void =>
    reject(
      new Ended({
        result: 'cancelled',
        reasonCode: 'cancelled',
        message: 'cancelled before anything was changed',
      }),
    );
  const late = (): void =>
    reject(
      new Ended({
        result: 'timed-out',
        reasonCode: 'timeout',
        message: 'timeout was over before the Job was created; nothing was changed',
      }),
    );
  if (cancelled.aborted) cancel();
  cancelled.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(late, Math.max(0, deadlineMs - performance.now()));
  try {
    return await Promise.race([stage, ended]);
  } finally {
    clearTimeout(timer);
    cancelled.removeEventListener('abort', cancel);
  }
}
