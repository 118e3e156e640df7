/** The whole step: inputs → executions → outputs, summary, artifact. Exits by itself; the exit code follows the result. */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAccess } from '../cluster/api.ts';
import { openAccess } from '../cluster/credentials/open-access.ts';
import { CredentialsError, stackOf } from '../cluster/errors.ts';
import { exit } from '../exit.ts';
import type { Ending } from '../run/ending.ts';
import type { RunRecord } from '../run/record.ts';
import { runExecution } from '../run/run-execution.ts';
import { simulate } from '../run/simulate.ts';
import { sayProblems } from '../spec/problems.ts';
import type { RunOptions, RunRequest } from '../spec/request.ts';
import { annotateWarning } from './annotations.ts';
import { type InputsAccepted, readInputs } from './inputs.ts';
import { createLogView } from './log-view.ts';
import { hiddenTexts, maskSecrets } from './mask.ts';
import { writeOutputs } from './outputs.ts';
import { reportRefusal, reportRun } from './report-run.ts';
import { runInOrder } from './run-in-order.ts';
import { say } from './say.ts';
import { onStop } from './signals.ts';
import { saveStepState } from './state.ts';
import { warningsOn } from './warnings.ts';

export async function runStep(executorProgram: URL): Promise<never> {
  const step: Step = { executorProgram, begunMs: performance.now(), isConcluded: false };
  const cancelled = onStop((signal) => {
    if (!step.isConcluded) tellCancelled(signal);
  });
  try {
    return await leave(await runAndReport(step, cancelled));
  } catch (error) {
    const message = stackOf(error);
    return leave(reportRefusal({ result: 'failed', reasonCode: 'internal-error', message }));
  }
}

interface Step {
  readonly executorProgram: URL;
  readonly begunMs: number;
  /** From then on a signal changes nothing any more: the result stands. */
  isConcluded: boolean;
}

/** Returns whether the step succeeds. */
async function runAndReport(step: Step, cancelled: AbortSignal): Promise<boolean> {
  const read = readInputs(process.env, process.env['GITHUB_WORKSPACE'] ?? process.cwd());
  if ('problems' in read) {
    const message = sayProblems(read.problems);
    return reportRefusal({ result: 'refused', reasonCode: read.reasonCode, message });
  }
  const { request } = read;
  maskSecrets(request.executions.flatMap(({ values = {} }) => Object.values(values).map(decode)));
  const folder = join(
    process.env['RUNNER_TEMP'] ?? tmpdir(),
    `kubernetes-executor-${process.pid}-${Date.now()}`,
  );
  // A disk that is full decides nothing: what can't be written is told where it is missing.
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: Error) => say(error.message));
  for (const warning of warningsOn(request, folder)) annotateWarning('Kubernetes Executor', warning);
  const access = await openGiven(read);
  if (access && 'reasonCode' in access) return reportRefusal(access);
  const records = access
    ? await runAll(request, { access, folder, cancelled, ...step })
    : request.executions.map(simulate);
  step.isConcluded = true;
  return reportRun(records, request.options, { folder, cancelled });
}

/** At once, whatever hangs: what is known later replaces it. */
function tellCancelled(signal: string): void {
  const message = `cancelled by ${signal}; the executor finishes or undoes in the cluster what it has begun`;
  writeOutputs({ result: 'cancelled', 'reason-code': 'cancelled', message });
  say(`${signal}: stopping`);
}

async function openGiven({ credentials }: InputsAccepted): Promise<ClusterAccess | Ending | undefined> {
  if (!credentials) return undefined;
  try {
    const access = await openAccess(credentials, process.env, (secret) => maskSecrets([secret]));
    for (const warning of access.warnings) say(`warning: ${warning}`);
    return access;
  } catch (error) {
    if (error instanceof CredentialsError)
      return { result: 'refused', reasonCode: 'credentials-invalid', message: error.message };
    throw error;
  }
}

interface Run {
  readonly access: ClusterAccess;
  readonly executorProgram: URL;
  readonly folder: string;
  readonly begunMs: number;
  readonly cancelled: AbortSignal;
}

async function runAll(asked: RunRequest, run: Run): Promise<readonly RunRecord[]> {
  const { executions, mode, options } = asked;
  const programHash = createHash('sha256')
    .update(await readFile(run.executorProgram))
    .digest('hex');
  return runInOrder(asked, (request) => {
    const view = createLogView(hiddenTexts, `the whole log is in ${placeOf(options, run.folder)}`);
    return runExecution(request, {
      access: run.access,
      mode,
      options,
      programHash,
      cancelled: run.cancelled,
      deadlineMs: run.begunMs + request.timeouts.totalSeconds * 1000,
      report: say,
      showLog: (line) => {
        if (options.streamLogs) for (const shown of view.show(line)) process.stdout.write(`${shown}\n`);
      },
      collectFolder: (executionId) => (executions.length === 1 ? run.folder : join(run.folder, executionId)),
      secrets: hiddenTexts,
      logFile: (executionId, attempt) =>
        join(run.folder, executions.length > 1 ? `${executionId}.log` : logNameOf(attempt)),
      onJob: (job) => {
        const problem = saveStepState('job', job);
        if (problem !== undefined) say(problem);
      },
    });
  });
}

function logNameOf(attempt: number): string {
  return attempt === 1 ? 'execution.log' : `execution.${attempt}.log`;
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** Of the whole log, for people. */
function placeOf({ uploadArtifact }: RunOptions, folder: string): string {
  return uploadArtifact === 'never' ? folder : 'the artifact';
}

/** The artifact client may leave work behind that nobody waits for any more. */
function leave(succeeded: boolean): Promise<never> {
  return exit(succeeded ? 0 : 1);
}
