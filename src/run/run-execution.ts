/** One execution from request to record: prepare → launch → follow → judge. Whatever happens, there is a record. */
import { randomBytes } from 'node:crypto';
import type { ApiServer, ClusterAccess } from '../cluster/api.ts';
import { openApiServer } from '../cluster/transport.ts';
import { serviceAccountOf } from '../plan/names.ts';
import type { Envelope } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type { ExecutionRequest, Mode, RunOptions } from '../spec/request.ts';
import { conclude } from './conclude.ts';
import { type Ending, refuse } from './ending.ts';
import { openExecutionLog } from './execution-log.ts';
import { endingOf } from './failure.ts';
import { type Following, openFollowing } from './follow.ts';
import type { JobInput } from './job-manifest.ts';
import { launch, rehearseJob } from './launch.ts';
import { orCancelled } from './or-cancelled.ts';
import { type Prepared, prepare } from './prepare.ts';
import type { RunRecord } from './record.ts';
import { Recording } from './recording.ts';
import { deleteJob, isFinished, type JobRef } from './stop-execution.ts';

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
  return conclude(
    { caller, job, following, log, recording, cancelled: context.cancelled, report: context.report },
    end,
  );
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
