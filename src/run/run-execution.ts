/** One execution from request to record: prepare → launch → follow → judge. Whatever happens, there is a record. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer, ClusterAccess } from '../cluster/api.ts';
import { openApiServer } from '../cluster/transport.ts';
import { serviceAccountOf } from '../plan/names.ts';
import type { Envelope } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type { ExecutionRequest, Mode, RunOptions } from '../spec/request.ts';
import { collect } from './collect.ts';
import { conclude } from './conclude.ts';
import type { Connected } from './connect.ts';
import { type Ending, refuse } from './ending.ts';
import { openExecutionLog } from './execution-log.ts';
import { endingOf } from './failure.ts';
import { type Following, openFollowing } from './follow.ts';
import { type JobInput, type JobOrder, orderOf } from './job-manifest.ts';
import { launch, rehearseJob } from './launch.ts';
import { orCancelled } from './or-cancelled.ts';
import { type Prepared, prepare } from './prepare.ts';
import { prepareRollback } from './prepare-rollback.ts';
import type { RunRecord } from './record.ts';
import { Recording } from './recording.ts';
import { deleteJob, isFinished, type JobRef } from './stop-execution.ts';

const TAKE_BACK_MS = 1_000;

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
  /** Where what is collected becomes part of the artifact. */
  readonly collectFolder: (executionId: string) => string;
  /** The step's own credentials in every form in which they could be written. */
  readonly secrets: () => readonly string[];
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
  const connecting = { ...context, caller, request, recording };
  if (context.mode === 'rollback') {
    const found = await orCancelled(prepareRollback(connecting), context);
    return execute({ caller, recording, context, job: jobInput(request, context, recording, found) });
  }
  const toInput = (ready: Prepared): JobInput =>
    jobInput(request, context, recording, { ...ready, order: orderOf(ready.plan, ready.planHash) });
  const prepared = await orCancelled(
    prepare({ ...connecting, rehearseJob: (ready) => rehearseJob(caller, toInput(ready)) }),
    context,
  );
  const envelope = { executionId: recording.executionId, plan: prepared.plan };
  return (
    endBeforeJob(prepared, context, recording) ??
    (prepared.plan.collects === undefined
      ? execute({ caller, recording, context, job: toInput(prepared), envelope })
      : collectPlanned(prepared, context, recording))
  );
}

function collectPlanned({ plan, rehearser }: Prepared, context: RunContext, recording: Recording) {
  const folder = context.collectFolder(recording.executionId);
  const secrets = context.secrets();
  return collect({ ...context, plan, api: rehearser.api, recording, folder, secrets });
}

/** Where there is nothing to carry out, or it may not be; `undefined` where a Job is due. */
function endBeforeJob(
  { plan, planHash }: Prepared,
  context: RunContext,
  recording: Recording,
): Ending | undefined {
  const { mode, options, report } = context;
  const changed = plan.requests.length > 0;
  // Of a plan it says what would be; of a run only what the executor's verdict says.
  recording.learn({ changed: changed && mode === 'plan' });
  report(`plan: ${plan.summary} (${planHash})`);
  for (const note of plan.notes) report(`note: ${note}`);
  if (mode === 'plan') {
    return {
      result: 'planned',
      reasonCode: 'planned',
      message: `would ${plan.summary}; nothing was changed`,
    };
  }
  if (mode === 'apply' && options.planHash !== planHash) {
    return refuse(
      'plan-changed',
      `what was approved is ${options.planHash ?? 'missing'}, but the plan made now is ${planHash}: ${plan.summary}. The object or the spec has changed since. Plan again, and have the new plan approved.`,
    );
  }
  return changed || plan.collects !== undefined
    ? undefined
    : { result: 'succeeded', reasonCode: 'no-change', message: `nothing to do: ${plan.summary}` };
}

interface Executing {
  readonly caller: ApiServer;
  readonly recording: Recording;
  readonly context: RunContext;
  readonly job: JobInput;
  /** Absent for a rollback, whose plan is in the cluster. */
  readonly envelope?: Envelope;
}

async function execute({ caller, recording, context, job: input, envelope }: Executing): Promise<Ending> {
  const { executionId } = recording;
  const job = { namespace: input.namespace, name: executionId };
  await using following = openFollowing(caller, job);
  const log = await openExecutionLog({
    api: caller,
    file: context.logFile(executionId),
    show: context.showLog,
    ended: () => hasEnded(following),
  });
  context.onJob({ ...job, executionId });
  const launching = launch(caller, input, envelope);
  const created = await orCancelled(launching, context).catch(async (error: unknown) => {
    if (context.cancelled.aborted) await takeBack(caller, job, launching);
    throw error;
  });
  recording.learn({ job: { ...job, serviceAccount: serviceAccountOf(input.order.declared.action) } });
  recording.reach('job created');
  context.report(`job/${created.metadata.name} created in ${job.namespace}`);
  const end = await following.until({
    scheduleSeconds: input.timeouts.scheduleSeconds,
    deadlineMs: context.deadlineMs,
    signal: context.cancelled,
    report: context.report,
    onStarted: (pod) => {
      recording.reach('executor started');
      log.begin(pod);
    },
  });
  const { cancelled, report } = context;
  return await conclude(
    { caller, job, following, log, recording, what: input.order.summary, cancelled, report },
    end,
  );
}

/** A create request that is under way would come after a delete: its answer is waited for, but not for long. */
async function takeBack(caller: ApiServer, job: JobRef, launching: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  await Promise.race([
    launching.catch(() => undefined),
    sleep(TAKE_BACK_MS, undefined, { signal: timer.signal }).catch(() => undefined),
  ]);
  timer.abort();
  await deleteJob(caller, job);
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
  ready: Connected & { readonly order: JobOrder },
): JobInput {
  const { order, image, program, identity } = ready;
  return {
    executionId: recording.executionId,
    namespace: options.jobNamespace,
    order,
    image,
    program,
    createdBy: identity.user,
    timeouts: request.timeouts,
    labels: options.jobLabels,
    annotations: options.jobAnnotations,
  };
}
