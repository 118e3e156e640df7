/** One execution from request to record: prepare → launch → follow → judge. Whatever happens, there is a record. */
import { randomBytes } from 'node:crypto';
import type { ApiServer, ClusterAccess } from '../cluster/api.ts';
import { openApiServer } from '../cluster/transport.ts';
import type { Mounted } from '../job/mounted.ts';
import { hashValues, type QuestionEnvelope } from '../rehearse/question.ts';
import type { ExecutionRequest, Mode, RunOptions } from '../spec/request.ts';
import { askInJob } from './ask-in-job.ts';
import { newExecutionId, runAttempts } from './attempts.ts';
import { collect } from './collect.ts';
import type { Connected, Connecting } from './connect.ts';
import { type Ending, refuse } from './ending.ts';
import { endingOf } from './failure.ts';
import { type JobInput, type JobOrder, orderOf } from './job-manifest.ts';
import { rehearseJob } from './launch.ts';
import { orCancelled } from './or-cancelled.ts';
import { type Prepared, prepare } from './prepare.ts';
import { prepareRollback } from './prepare-rollback.ts';
import type { RunRecord } from './record.ts';
import { Recording } from './recording.ts';
import { type JobContext, runJob } from './run-job.ts';

export interface RunContext extends JobContext {
  readonly access: ClusterAccess;
  readonly mode: Mode;
  readonly options: RunOptions;
  /** Hex sha256 of the executor program that belongs to this step. */
  readonly programHash: string;
  /** Where what is collected becomes part of the artifact. */
  readonly collectFolder: (executionId: string) => string;
}

export async function runExecution(request: ExecutionRequest, context: RunContext): Promise<RunRecord> {
  const recording = new Recording(newExecutionId(request.action.name), context.mode, request);
  const opened: ApiServer[] = [];
  const openServer = (access: ClusterAccess): ApiServer => {
    const server = openApiServer(access);
    opened.push(server);
    return server;
  };
  const caller = openServer(context.access);
  try {
    return recording.finish(await runStages(request, { ...context, openServer }, recording, caller));
  } catch (error) {
    return recording.finish(endingOf(error, context.access.url));
  } finally {
    for (const server of opened) server.close();
  }
}

async function runStages(
  request: ExecutionRequest,
  context: RunContext & Pick<Connecting, 'openServer'>,
  recording: Recording,
  caller: ApiServer,
): Promise<Ending> {
  const connecting = { ...context, caller, request, recording };
  const { action, retries } = request;
  const attempting = { ...context, recording, action: action.name, retries };
  if (context.mode === 'rollback') {
    const found = await orCancelled(prepareRollback(connecting), context);
    return runAttempts(attempting, () =>
      runJob({ caller, recording, context, input: jobInput(request, context, recording, found) }),
    );
  }
  const salt = randomBytes(32).toString('hex');
  const sealed = { values: request.values ?? {}, salt };
  const toInput = (ready: Prepared): JobInput =>
    jobInput(request, context, recording, { ...ready, order: orderIn(ready, sealed) });
  const contentsOf = ({ plan, question }: Prepared): Mounted => {
    const { executionId } = recording;
    return question
      ? { ...sealed, executionId, question, settings: request.settings }
      : { executionId, plan };
  };
  const prepared = await orCancelled(
    prepare({
      ...connecting,
      rehearseJob: (ready) => rehearseJob(caller, toInput(ready), contentsOf(ready)),
      askInJob: (ready, { question, order }) => {
        const executionId = `${recording.executionId}-plan`;
        const ordered = { ...ready, order: withValues(order, sealed) };
        const input = { ...jobInput(request, context, recording, ordered), executionId };
        return askInJob({ caller, context, input, contents: { ...sealed, executionId, question } });
      },
    }),
    context,
  );
  const ending = endBeforeJob(prepared, context, recording);
  if (ending) return ending;
  if (prepared.plan.collects !== undefined) return collectPlanned(prepared, context, recording);
  return runAttempts(attempting, () =>
    runJob({ caller, recording, context, input: toInput(prepared), contents: contentsOf(prepared) }),
  );
}

type Sealed = Pick<QuestionEnvelope, 'values' | 'salt'>;

function orderIn({ plan, planHash, question }: Prepared, sealed: Sealed): JobOrder {
  const order = orderOf(plan, planHash);
  return question ? withValues(order, sealed) : order;
}

function withValues(order: JobOrder, sealed: Sealed): JobOrder {
  return { ...order, declared: { ...order.declared, valuesHash: hashValues(sealed) } };
}

function collectPlanned({ plan, reader }: Prepared, context: RunContext, recording: Recording) {
  if (!reader) throw new Error(`${plan.action} can't be collected from outside the cluster`);
  const folder = context.collectFolder(recording.executionId);
  return collect({ ...context, plan, api: reader, recording, folder });
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
      `what was approved is ${options.planHash ?? 'missing'}, but the plan made now is ${planHash}: ${plan.summary}. What the plan is about, or what was asked for, has changed since. Plan again, and have the new plan approved.`,
    );
  }
  return changed || plan.collects !== undefined
    ? undefined
    : { result: 'succeeded', reasonCode: 'no-change', message: `nothing to do: ${plan.summary}` };
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
