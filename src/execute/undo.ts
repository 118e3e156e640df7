/** Puts back what a plan's requests changed, with the requests that the plan carried for it from the start. */
import type { ApiServer } from '../cluster/api.ts';
import { isConflict, messageOf } from '../cluster/errors.ts';
import { getObject } from '../cluster/typed.ts';
import type { Check, PlannedRequest, Undo, UndoRequest } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import { describeCheck } from '../verify/judge.ts';
import { awaitChecks, type ChecksOutcome } from './await-checks.ts';
import { bindToCreated, checksOfUndone, type IsCreated } from './created.ts';
import { observe } from './observe.ts';
import type { Progress } from './progress.ts';
import { hasHappened } from './read-back.ts';
import { sendPlanned } from './send.ts';

export type UndoRequests = Extract<Undo, { kind: 'requests' }>;

export interface Undoing {
  readonly planned: UndoRequests;
  /** What became of the plan's requests, in its order. */
  readonly done: readonly RequestVerdict[];
  readonly isCreated: IsCreated;
  /** For its verification, which has `LEAST_SECONDS` in any case. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** However short a verification was to be: a control plane that was away is whole again within this. */
const LEAST_SECONDS = 90;

export type Undone =
  | ({ readonly kind: 'refused' } & RefusedUndo)
  | { readonly kind: 'judged'; readonly outcome: ChecksOutcome };

interface RefusedUndo {
  readonly verdict: RequestVerdict;
  readonly reasonCode: 'rollback-conflict' | 'rollback-failed';
}

/** Only what was applied, or may have been, is undone. */
export async function undo(api: ApiServer, progress: Progress, undoing: Undoing): Promise<Undone> {
  progress.reach('undo begun');
  const { refused, done } = await sendUndo(api, progress, undoing);
  return refused
    ? { kind: 'refused', ...refused }
    : { kind: 'judged', outcome: await verifyUndo(api, progress, { ...undoing, done }) };
}

interface SentUndo {
  /** Absent when nothing stands in the way of verification. */
  readonly refused?: RefusedUndo;
  /** As it is known now. */
  readonly done: readonly RequestVerdict[];
}

async function sendUndo(api: ApiServer, progress: Progress, undoing: Undoing): Promise<SentUndo> {
  const done = [...undoing.done];
  let refused: RefusedUndo | undefined;
  for (const each of undoing.planned.requests) {
    const was = done[each.undoes];
    if (was === undefined || was.outcome === 'not-applied') continue;
    const sent = await sendOne(api, each, was, undoing.isCreated);
    done[each.undoes] = sent.done;
    if (!sent.verdict) continue;
    progress.undoSent(sent.verdict);
    if (sent.isDone === true) continue;
    refused ??= { verdict: sent.verdict, reasonCode: reasonOf(each, sent.verdict) };
    if (each.independent !== true) break;
  }
  return { done, ...(refused && { refused }) };
}

function reasonOf(request: UndoRequest, verdict: RequestVerdict): RefusedUndo['reasonCode'] {
  return isConflict(verdict, request) ? 'rollback-conflict' : 'rollback-failed';
}

interface SentOne {
  /** Absent where there is nothing to undo. */
  readonly verdict?: RequestVerdict;
  /** Whether it is undone by it, or without it. */
  readonly isDone?: boolean;
  readonly done: RequestVerdict;
}

async function sendOne(
  api: ApiServer,
  planned: UndoRequest,
  was: RequestVerdict,
  isCreated: IsCreated,
): Promise<SentOne> {
  try {
    const { request, done } = await bindToCreated(api, planned, was, isCreated);
    if (!request) return { done };
    const verdict = await sendPlanned(api, request);
    const isDone = isTakenBack(request, verdict, was) || (await isSoAlready(api, request, verdict));
    return { verdict, isDone, done };
  } catch (error) {
    const { summary } = planned;
    return { verdict: { summary, outcome: 'unknown', message: messageOf(error) }, done: was };
  }
}

/** Where somebody else has put it back first, there is nothing left to undo. */
async function isSoAlready(
  api: ApiServer,
  request: PlannedRequest,
  verdict: RequestVerdict,
): Promise<boolean> {
  const { effect } = request;
  if (!isLate(request, verdict) || effect.kind !== 'fields') return false;
  return hasHappened(effect, await getObject(api, effect.object));
}

/** Also where the change was never there: that its undo finds nothing to undo is as it should be. */
function isTakenBack(request: PlannedRequest, verdict: RequestVerdict, was: RequestVerdict): boolean {
  return verdict.outcome === 'applied' || (was.outcome === 'unknown' && isLate(request, verdict));
}

/** The object is not as the undo was to find it. */
function isLate(request: PlannedRequest, verdict: RequestVerdict): boolean {
  return verdict.outcome === 'not-applied' && isConflict(verdict, request);
}

async function verifyUndo(api: ApiServer, progress: Progress, undoing: Undoing): Promise<ChecksOutcome> {
  const { planned, done, signal } = undoing;
  const wanted = planned.checks.filter(({ heldBefore }) => heldBefore !== false);
  const checks = checksOfUndone(wanted, done);
  const outcome = await awaitUndone(api, progress, checks, undoing).catch((error: unknown) =>
    notSeen(checks, messageOf(error), signal),
  );
  progress.undoVerified(outcome.checks);
  return outcome;
}

async function awaitUndone(
  api: ApiServer,
  progress: Progress,
  checks: readonly Check[],
  { timeoutSeconds, signal }: Undoing,
): Promise<ChecksOutcome> {
  await using seen = await observe(api, checks, signal);
  return await awaitChecks(checks, seen, {
    timeoutSeconds: Math.max(timeoutSeconds, LEAST_SECONDS),
    soakSeconds: 0,
    signal,
    print: progress.print,
  });
}

/** What was sent stays sent: where nobody can look at it, it is not verified, whatever else has failed. */
function notSeen(checks: readonly Check[], detail: string, signal: AbortSignal): ChecksOutcome {
  return {
    kind: signal.aborted ? 'stopped' : 'failed',
    reasonCode: 'rollback-failed',
    detail,
    checks: checks.map((check) => ({ summary: describeCheck(check), met: false, detail })),
  };
}

/** The end of a sentence that says it is undone. */
export function sayWhole(leaves: string | undefined): string {
  return leaves === undefined ? ': it is as it was before' : `, but not all comes back: ${leaves}`;
}
