/** What every run of the executor's program has: its edges, what it prints, and the verdict that it ends with. */
import type { ApiServer } from '../cluster/api.ts';
import type { PodIdentity } from '../cluster/credentials/in-cluster.ts';
import type { Declared } from '../job/declared.ts';
import { openValueHider, type ValueHider } from '../plan/hide-values.ts';
import type { CheckVerdict, RequestVerdict, Verdict } from '../plan/verdict.ts';
import type { Outcome } from './outcome.ts';
import { Progress } from './progress.ts';
import type { Stop } from './stop.ts';

export interface ExecutorEdges {
  readonly declared: Declared;
  readonly api: ApiServer;
  readonly identity: PodIdentity;
  readonly stop: Stop;
  readonly printLine: (line: string) => void;
}

export interface PodRun extends ExecutorEdges {
  readonly progress: Progress;
  /** Knows the values of Secrets that this run has seen; what is printed or judged goes through it. */
  readonly hider: ValueHider;
}

export function openRun(edges: ExecutorEdges): PodRun {
  const hider = openValueHider();
  return { ...edges, hider, progress: new Progress((line) => edges.printLine(hider.hide(line))) };
}

/** Prints it too. */
export function judgeRun({ identity, progress, hider }: PodRun, outcome: Outcome): Verdict {
  const { result, reasonCode } = outcome;
  const message = hider.hide(outcome.message);
  progress.reach(`verdict: ${result}`);
  progress.print(`${result}: ${message}`);
  const { requests, checks, undo, ...recorded } = progress.record();
  const hideOne = (one: RequestVerdict): RequestVerdict =>
    one.message === undefined ? one : { ...one, message: hider.hide(one.message) };
  const hideCheck = (check: CheckVerdict): CheckVerdict => ({ ...check, detail: hider.hide(check.detail) });
  return {
    version: 1,
    executionId: jobNameOf(identity),
    result,
    reasonCode,
    message,
    requests: requests.map(hideOne),
    checks: checks.map(hideCheck),
    ...(undo && { undo: { requests: undo.requests.map(hideOne), checks: undo.checks.map(hideCheck) } }),
    ...recorded,
  };
}

/** To which the Job controller adds six characters for its pod; also the id of the execution. */
export function jobNameOf({ podName }: PodIdentity): string {
  return podName.slice(0, -6);
}
