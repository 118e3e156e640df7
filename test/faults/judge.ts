/** Holds what was told of an execution against what the cluster shows. Pure. */
import type { Step } from '../e2e/harness/run-action.ts';
import type { Scenario, Truth } from './scenarios.ts';

export interface Evidence {
  readonly scenario: Scenario;
  /** Whether the execution must have come to its good end. */
  readonly mustSurvive: boolean;
  /** How long it went on after the fault was to end it. */
  readonly overtimeSeconds: number;
  readonly step: Step;
  readonly job: string | undefined;
  /** Once nothing of the execution was at work any more. */
  readonly truth: Truth;
  /** The executor's own word, where it left one. */
  readonly verdict: Verdict | undefined;
  /** Whether it had begun: before that it sends nothing. */
  readonly hasJournal: boolean;
  /** What was still there after the wait, in words. */
  readonly left: readonly string[];
  readonly next: Step;
}

export interface Verdict {
  readonly result: string;
  readonly reasonCode: string;
  readonly message: string;
  readonly requests: readonly { readonly outcome: string }[];
  readonly undo?: object;
}

/** Whole step, and post. */
export const STEP_LIMIT_MS = 130_000;
const POST_LIMIT_MS = 25_000;

/** How a message says that it is not the last word. */
const OPEN_END =
  /not known|finishes or undoes|may act yet|could not be (?:asked|deleted|followed)|asked to stop|not yet gone/;
const GREEN = new Set(['succeeded', 'planned', 'simulated', 'skipped']);

/** What is wrong; empty where all is right. */
export function judge(evidence: Evidence): readonly string[] {
  const { step, left, next, truth } = evidence;
  const post = step.post?.milliseconds ?? 0;
  return [
    ...judgeTruth(truth),
    ...(wasSilenced(evidence) ? [] : judgeTold(evidence)),
    ...judgeVerdict(evidence),
    ...say(step.milliseconds > STEP_LIMIT_MS, `the step took ${Math.round(step.milliseconds / 1000)} s`),
    ...say(evidence.overtimeSeconds > 0, `it went on ${Math.round(evidence.overtimeSeconds)} s too long`),
    ...say(post > POST_LIMIT_MS, `post took ${Math.round(post / 1000)} s`),
    ...say((step.post?.exitCode ?? 0) !== 0, `post ended with ${step.post?.exitCode}`),
    ...left,
    ...say(next.outputs['result'] !== 'succeeded', `the next execution: ${sayEnd(next)}`),
  ];
}

/** Killed, or stopped by a signal before the program had read its first line, and so before it did anything. */
function wasSilenced({ step, job }: Evidence): boolean {
  return step.signal === 'SIGKILL' || (step.signal !== null && job === undefined);
}

/** Nothing is ever half done or done twice: one write forth, and one back. */
function judgeTruth({ state, writes }: Truth): readonly string[] {
  const fits = { before: [0, 2], after: [1], partly: [1, 2], neither: [] }[state] as readonly number[];
  return say(!fits.includes(writes), `the target is as ${state} with ${writes} writes`);
}

function judgeTold(evidence: Evidence): readonly string[] {
  const { scenario, mustSurvive, step } = evidence;
  const { result = '', message = '', 'reason-code': reasonCode = '' } = step.outputs;
  const told = sayTold(step);
  return [
    ...say(result === '' || reasonCode === '' || message === '', `no outputs: ${told}`),
    ...say(step.exitCode !== (GREEN.has(result) ? 0 : 1), `exit code ${step.exitCode} with ${told}`),
    ...say(reasonCode === 'internal-error', `internal error: ${told}`),
    ...say(mustSurvive && result !== scenario.result, `not survived: ${told}`),
    ...judgeResult(evidence).map((wrong) => `told: ${told}; ${wrong}`),
  ];
}

function sayTold({ outputs }: Step): string {
  const { result, 'reason-code': reasonCode, changed, message } = outputs;
  return `${result}/${reasonCode}, changed=${changed}, "${message}"`;
}

/** Result and `changed` against the target. */
function judgeResult({ step, truth }: Evidence): readonly string[] {
  const { result = '', changed = '', message = '' } = step.outputs;
  const isOpen = OPEN_END.test(message);
  const is = (...states: readonly Truth['state'][]) => states.includes(truth.state);
  return [
    ...say(result === 'succeeded' && !is('after'), `the target is as ${truth.state}`),
    ...say(result === 'rolled-back' && !is('before'), `the target is as ${truth.state}`),
    ...say(result === 'refused' && truth.writes > 0, `${truth.writes} writes`),
    ...say(changed === 'false' && is('after', 'partly'), 'the target was changed'),
    ...say(is('partly') && result !== 'rollback-failed' && !isOpen, 'it was done in part'),
    ...say(is('before') && changed === 'true' && !isOpen, 'the target is as before'),
  ];
}

/** The journal outlives the step, and rollback rests on it. */
function judgeVerdict({ verdict, truth, hasJournal }: Evidence): readonly string[] {
  if (verdict === undefined)
    return say(!hasJournal && truth.writes > 0, 'something was written before the journal');
  const told = `the journal says ${verdict.result}/${verdict.reasonCode} "${verdict.message}"`;
  const [request] = verdict.requests;
  return [
    ...say(
      verdict.result === 'succeeded' && truth.state !== 'after',
      `${told}; the target is as ${truth.state}`,
    ),
    ...say(
      verdict.result === 'rolled-back' && truth.state !== 'before',
      `${told}; the target is as ${truth.state}`,
    ),
    ...say(verdict.reasonCode === 'internal-error', told),
    ...say(request?.outcome === 'applied' && truth.writes === 0, `${told}: applied, but nothing was written`),
    ...say(request?.outcome === 'not-applied' && truth.writes > 0, `${told}: not applied, but it was`),
  ];
}

function say(isWrong: boolean, text: string): readonly string[] {
  return isWrong ? [text] : [];
}

/** Its end in a few words. */
export function sayEnd({ outputs, signal }: Step): string {
  const { result, 'reason-code': reasonCode, message } = outputs;
  return result === undefined ? `ended by ${signal}` : `${result}/${reasonCode} "${message}"`;
}
