/** Runs the committed `dist/`, main and then post, as GitHub's runner does, and reads what it left as the runner does. */
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Environment,
  fileVariables,
  type Inputs,
  inputVariables,
  type JobFolders,
  makeJobFolders,
  makePhaseFiles,
  type PhaseFiles,
  ROOT,
  readAction,
  workflowVariables,
} from './runner-environment.ts';
import { publishedSummary, readFileCommands } from './runner-files.ts';
import { type RunnerLog, readAsRunner } from './runner-model.ts';
import { type Ended, type RunningProcess, startProcess } from './running-process.ts';

export type { Inputs } from './runner-environment.ts';

export interface StepOptions {
  /** Beside what the runner gives: the artifact service, for one. */
  readonly env?: Environment;
  /** Folders to share with other steps of the job, or with files in the workspace. */
  readonly folders?: JobFolders;
  /** `false` for a runner that died: nothing runs after main. */
  readonly post?: false;
  /** A command that runs the one that follows it, main or post, in surroundings of its own. */
  readonly launcher?: readonly string[];
}

/** What the runner knows after main or after post. */
export interface Phase extends Ended {
  readonly log: RunnerLog;
  /** As later steps see them: of the file and of commands on stdout. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** Absent where the runner would drop it for its size. */
  readonly summary: string | undefined;
  /** What the runner would say about malformed files; any of it fails the step. */
  readonly fileErrors: readonly string[];
  /** Whether the runner shows the step as failed. */
  readonly failed: boolean;
}

export interface Step extends Phase {
  readonly inputs: Inputs;
  readonly folders: JobFolders;
  readonly post: Phase | undefined;
}

export interface RunningStep {
  readonly folders: JobFolders;
  /** Of main. */
  readonly pid: number;
  /** Resolves with the first line, of stdout or stderr, that matches. */
  untilLine(pattern: RegExp): Promise<string>;
  /** Resolves with the first output of this name that main writes into the file; rejects when main ends without. */
  untilOutput(name: string): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** What the runner does when a workflow is cancelled: SIGINT, after 7.5 s SIGTERM, after 2.5 s more SIGKILL. */
  cancel(): Promise<void>;
  /** Main is over, however it went; post may be under way. */
  readonly over: Promise<void>;
  /** Main and post are over. */
  readonly finished: Promise<Step>;
}

/** Starts main; post follows by itself. */
export function startStep(inputs: Inputs, options: StepOptions = {}): RunningStep {
  const folders = options.folders ?? makeJobFolders();
  const { main, post } = readAction().runs;
  const env = { ...workflowVariables(folders), ...options.env, ...inputVariables(inputs) };
  const files = makePhaseFiles(folders.temp);
  const place = { env: { ...env, ...fileVariables(files) }, cwd: folders.workspace };
  const running = startNode(main, place, options.launcher);
  const finished = async (): Promise<Step> => {
    const phase = readPhase(await running.ended, files);
    const state = Object.fromEntries(
      Object.entries(phase.state).map(([name, value]) => [`STATE_${name}`, value]),
    );
    const runPost = () => runPhase(post, { ...env, ...state }, folders, options.launcher);
    const after = options.post === false ? undefined : await runPost();
    return { ...phase, inputs, folders, post: after };
  };
  return {
    folders,
    pid: running.pid,
    untilLine: (pattern) => running.untilLine(pattern),
    untilOutput: (name) => untilOutput(running, files.output, name),
    signal: (signal) => running.signal(signal),
    cancel: () => cancel(running),
    over: running.ended.then(() => undefined),
    finished: finished(),
  };
}

async function runPhase(
  entry: string,
  env: Environment,
  folders: JobFolders,
  launcher: StepOptions['launcher'],
): Promise<Phase> {
  const files = makePhaseFiles(folders.temp);
  const place = { env: { ...env, ...fileVariables(files) }, cwd: folders.workspace };
  const running = startNode(entry, place, launcher);
  return readPhase(await running.ended, files);
}

interface NodePlace {
  readonly env: Environment;
  readonly cwd: string;
}

function startNode(entry: string, place: NodePlace, launcher: StepOptions['launcher'] = []): RunningProcess {
  const [command, ...args] = [...launcher, process.execPath];
  return startProcess(command, [...args, join(ROOT, entry)], place);
}

function readPhase(ended: Ended, files: PhaseFiles): Phase {
  const log = readAsRunner(ended.lines);
  const read = (path: string) => readFileCommands(readFileSync(path, 'utf8'));
  const [outputs, state, env] = [read(files.output), read(files.state), read(files.env)];
  const fileErrors = [outputs, state, env].flatMap(({ error }) => (error === undefined ? [] : [error]));
  return {
    ...ended,
    log,
    outputs: { ...log.outputs, ...outputs.values },
    state: { ...log.state, ...state.values },
    summary: publishedSummary(readFileSync(files.summary, 'utf8')),
    fileErrors,
    failed: ended.exitCode !== 0 || log.failed || fileErrors.length > 0,
  };
}

async function cancel(running: RunningProcess): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', 7500],
    ['SIGTERM', 2500],
    ['SIGKILL', 0],
  ] as const) {
    running.signal(signal);
    const patient = new AbortController();
    const over = await Promise.race([
      running.ended.then(() => true),
      pause(patience, false, { signal: patient.signal }).catch(() => true),
    ]);
    patient.abort();
    if (over) return;
  }
}

async function untilOutput({ ended }: RunningProcess, file: string, name: string): Promise<string> {
  const written = Promise.withResolvers<string>();
  const look = (): void => {
    const value = readFileCommands(readFileSync(file, 'utf8')).values[name];
    if (value !== undefined) written.resolve(value);
  };
  const watcher = watch(file, look);
  look();
  void ended.then(look).then(() => written.reject(new Error(`ended without an output ${name}`)));
  return await written.promise.finally(() => watcher.close());
}
