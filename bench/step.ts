/** Runs the committed `dist/index.js` as GitHub's runner does, with a stop-watch and an eye on its memory. */
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  fileVariables,
  inputVariables,
  makeJobFolders,
  makePhaseFiles,
  ROOT,
  workflowVariables,
} from '../test/e2e/harness/runner-environment.ts';
import { readFileCommands } from '../test/e2e/harness/runner-files.ts';
import { type RunningProcess, startProcess } from '../test/e2e/harness/running-process.ts';

export const PROGRAM = join(ROOT, 'dist/index.js');

export interface StepRun {
  readonly startedAtMs: number;
  /** From start to exit. */
  readonly milliseconds: number;
  readonly timeline: readonly Moment[];
  /** Most memory it ever had, in MB, until the executor spoke for the first time; `undefined` away from Linux. */
  readonly megabytesUntilJob: number | undefined;
  /** The same until its last line. */
  readonly megabytes: number | undefined;
}

export interface Moment {
  readonly event: string;
  readonly atMs: number;
}

interface Report {
  readonly status: { readonly timeline: readonly { readonly event: string; readonly at: string }[] };
}

export type Inputs = Readonly<Record<string, string>>;

export interface StartedStep extends Disposable {
  readonly process: RunningProcess;
  /** By the wall clock, as the report's timeline. */
  readonly startedAtMs: number;
  /** What it has written into GITHUB_OUTPUT so far. */
  outputs(): Readonly<Record<string, string>>;
}

/** Everything but the start, so that many can start at the same moment. */
export function prepareStep(inputs: Inputs): () => StartedStep {
  const folders = makeJobFolders();
  const files = makePhaseFiles(folders.temp);
  const env = { ...workflowVariables(folders), ...fileVariables(files), ...inputVariables(inputs) };
  return () => ({
    startedAtMs: Date.now(),
    process: startProcess(process.execPath, [PROGRAM], { cwd: folders.workspace, env }),
    outputs: () => readFileCommands(readFileSync(files.output, 'utf8')).values,
    [Symbol.dispose]: () => rmSync(dirname(folders.temp), { recursive: true, force: true }),
  });
}

/** From its start to its report; `inputs` as in a workflow. */
export function runStep(inputs: Inputs): Promise<StepRun> {
  return awaitStep(prepareStep(inputs)());
}

/** Throws, with all that it said, unless the action succeeded. */
export async function awaitStep(step: StartedStep): Promise<StepRun> {
  using started = step;
  const memory = watchMemory(started.process);
  const ended = await started.process.ended;
  if (ended.exitCode !== 0) throw new Error(`the action failed:\n${ended.lines.join('\n')}`);
  const { 'report-file': file = '' } = started.outputs();
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  return {
    startedAtMs: started.startedAtMs,
    milliseconds: ended.milliseconds,
    timeline: report.status.timeline.map(({ event, at }) => ({ event, atMs: Date.parse(at) })),
    ...(await memory),
  };
}

export function scaleInputs(kubeconfig: string, namespace: string, name: string, replicas: number): Inputs {
  return {
    kubeconfig,
    namespace,
    action: 'scale-deployment',
    target: `deployment/${name}`,
    parameters: `replicas: ${replicas}`,
  };
}

/** When it came to this; throws where it never did. */
export function momentOf({ timeline }: Pick<StepRun, 'timeline'>, event: string): number {
  const moment = timeline.find((each) => each.event === event);
  if (moment === undefined)
    throw new Error(`no "${event}" in ${timeline.map((each) => each.event).join(', ')}`);
  return moment.atMs;
}

type Memory = Pick<StepRun, 'megabytes' | 'megabytesUntilJob'>;

/** The executor's first line ends the first part; the closing line is the last that can be asked at. */
async function watchMemory(running: RunningProcess): Promise<Memory> {
  const readAt = (pattern: RegExp): Promise<number | undefined> =>
    running.untilLine(pattern).then(
      () => readPeak(running.pid),
      () => undefined,
    );
  const [megabytesUntilJob, megabytes] = await Promise.all([
    readAt(/^│ execution /),
    readAt(/^No artifact was uploaded/),
  ]);
  return { megabytesUntilJob, megabytes };
}

/** In MB of a million bytes; `undefined` where there is no /proc, or the process is gone. */
export function readPeak(pid: number): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return undefined;
  }
}
