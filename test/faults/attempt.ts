/** One execution under one fault, from its target to the judgement. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Certificate } from '../../bench/certificate.ts';
import { pathOf, read } from '../e2e/harness/cluster.ts';
import { type Inputs, type RunningStep, type Step, startStep } from '../e2e/harness/run-action.ts';
import { kubeconfigOf, requestToken, restoreCaller, type ServerAddress } from '../e2e/harness/site.ts';
import { openDisturbingProxy } from './disturbing-proxy.ts';
import type { Eyes } from './eyes.ts';
import type { Fault, Run } from './fault.ts';
import { type HostsFile, openHostsFile, SERVER_NAME } from './hosts-file.ts';
import { insist } from './insist.ts';
import { type Evidence, judge } from './judge.ts';
import { heldLocks, readJournal, whatIsLeft } from './leftovers.ts';
import { untilRecovered } from './recovery.ts';
import type { Look, Scenario, Target } from './scenarios.ts';
import { type Moment, openTracker, STAGES, type Stage, type Tracker } from './stages.ts';

export interface Asked {
  readonly fault: Fault;
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly target: Target;
}

export interface Attempt {
  readonly asked: Asked;
  /** Where the execution was when the fault came. */
  readonly moment: Moment;
  readonly result: string;
  readonly reasonCode: string;
  readonly seconds: number;
  readonly wrong: readonly string[];
  /** All that is needed to see what happened. */
  readonly story: readonly string[];
}

/** What all attempts share. */
export interface Ground {
  readonly eyes: Eyes;
  readonly certificate: Certificate;
  /** Resolves when the step may start; called once its target is there, or can't be made. */
  begin(): Promise<void>;
  /** Injects the fault; resolves with the stage at which this execution then was. */
  strike(fault: Fault, run: Run, stage: Stage): Promise<Moment>;
}

/** Enough for whatever is to be survived; a step that takes longer than its timeout hangs. */
const LIMITS = { timeout: '110s', 'schedule-timeout': '40s', 'run-timeout': '80s' };
const VERIFY_LIMIT = { 'verify-timeout': '50s' };

export async function makeAttempt(asked: Asked, ground: Ground): Promise<Attempt> {
  const { fault, stage, scenario, target } = asked;
  const { eyes, certificate } = ground;
  await insist(() => read(pathOf('namespaces', undefined, target.namespace)));
  const prepared = await Promise.allSettled([scenario.prepare(target, eyes)]);
  await ground.begin();
  const look = valueOf(prepared[0]);
  using tracker = openTracker(target, look, eyes);
  await using proxy = await openDisturbingProxy(certificate, tracker.hear);
  using names = openHostsFile();
  const address = {
    server: `https://${SERVER_NAME}:${proxy.port}`,
    certificateAuthority: btoa(certificate.certificate),
  };
  const running = await start(target, scenario.inputs(target), { address, names, fault });
  tracker.watch(running);
  const moment = await ground.strike(fault, { target, running, proxy, tracker, eyes, names }, stage);
  const struck = performance.now();
  await running.over;
  const overtimeSeconds = (performance.now() - struck) / 1000 - (fault.endsWithinSeconds ?? Infinity);
  const step = await running.finished;
  const survives = moment !== 'ended' && (fault.survives?.(moment) ?? false);
  const evidence = await gather(asked, { eyes, look, tracker }, step);
  const wrong = judge({ ...evidence, overtimeSeconds, mustSurvive: survives });
  await scenario.remove(target);
  rmSync(dirname(step.folders.workspace), { recursive: true, force: true });
  return { asked, moment, wrong, ...endOf(step), story: tell(evidence) };
}

function valueOf<Value>(settled: PromiseSettledResult<Value>): Value {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

/** A random moment within the stage; at once where the step has ended before it. */
export async function reachMoment({ tracker }: Run, stage: Stage): Promise<void> {
  if (await tracker.reached(stage)) await pause(Math.random() * STAGES[stage]);
}

export async function strikeAlone(fault: Fault, run: Run, stage: Stage): Promise<Moment> {
  await reachMoment(run, stage);
  const moment = run.tracker.now();
  if (moment !== 'ended') await fault.inject(run);
  return moment;
}

interface Surroundings {
  readonly address?: ServerAddress;
  readonly names?: HostsFile;
  readonly fault?: Fault;
}

async function start(
  target: Target,
  asked: Inputs,
  { address, names, fault }: Surroundings,
): Promise<RunningStep> {
  const token = await insist(() => requestToken(target.namespace, 'caller'));
  const inputs = {
    ...LIMITS,
    ...VERIFY_LIMIT,
    ...asked,
    ...fault?.inputs,
    namespace: target.namespace,
    kubeconfig: kubeconfigOf(target.namespace, token, address),
  };
  return startStep(inputs, {
    ...(names === undefined ? {} : { launcher: names.launcher }),
    ...(fault?.env === undefined ? {} : { env: fault.env }),
  });
}

type Gathered = Omit<Evidence, 'mustSurvive' | 'overtimeSeconds'>;

async function gather(
  { fault, scenario, target }: Asked,
  { eyes, look, tracker }: { readonly eyes: Eyes; readonly look: Look; readonly tracker: Tracker },
  step: Step,
): Promise<Gathered> {
  const job = tracker.job();
  const working = await whatIsLeft(eyes, job);
  const told = await readJournal(job, tracker.journal());
  const truth = await look.read();
  await insist(() => restoreCaller(target.namespace));
  if (fault.kind === 'cluster') await untilRecovered(eyes, target.namespace);
  const next = await (await start(target, await scenario.next(target), {})).finished;
  rmSync(dirname(next.folders.workspace), { recursive: true, force: true });
  await eyes.until(() => heldLocks(eyes, target).length === 0, 5_000);
  return { scenario, job, step, truth, next, ...told, left: [...working, ...heldLocks(eyes, target)] };
}

function endOf(step: Step): Pick<Attempt, 'result' | 'reasonCode' | 'seconds'> {
  const { result = `ended by ${step.signal}`, 'reason-code': reasonCode = '' } = step.outputs;
  return { result, reasonCode, seconds: step.milliseconds / 1000 };
}

function tell({ job = 'no job', step, truth, verdict, next }: Gathered): readonly string[] {
  const post = step.post?.lines.map((line) => `post: ${line}`) ?? [];
  const facts = [job, `truth: ${JSON.stringify(truth)}`, `journal: ${JSON.stringify(verdict)}`];
  return [...facts, ...step.lines, ...post, `next: ${JSON.stringify(next.outputs['message'])}`];
}
