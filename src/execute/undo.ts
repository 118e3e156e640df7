/** Puts back what a plan's requests changed, with the requests that the plan carried for it from the start. */
import type { ApiServer } from '../cluster/api.ts';
import { isConflict, messageOf } from '../cluster/errors.ts';
import type { Check, Undo, UndoRequest } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import { describeCheck } from '../verify/judge.ts';
import { awaitChecks, type ChecksOutcome } from './await-checks.ts';
import { bindToCreated, checksOfUndone } from './created.ts';
import { observe } from './observe.ts';
import type { Progress } from './progress.ts';
import { sendPlanned } from './send.ts';

export type UndoRequests = Extract<Undo, { kind: 'requests' }>;

export interface Undoing {
  readonly planned: UndoRequests;
  /** What became of the plan's requests, in its order. */
  readonly done: readonly RequestVerdict[];
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

export type Undone =
  | { readonly kind: 'refused'; readonly verdict: RequestVerdict }
  | { readonly kind: 'judged'; readonly outcome: ChecksOutcome };

/** Only what was applied, or may have been, is undone. */
export async function undo(api: ApiServer, progress: Progress, undoing: Undoing): Promise<Undone> {
  progress.reach('undo begun');
  const verdict = await sendUndo(api, progress, undoing);
  return verdict
    ? { kind: 'refused', verdict }
    : { kind: 'judged', outcome: await verifyUndo(api, progress, undoing) };
}

/** `undefined` when nothing stands in the way of verification. */
async function sendUndo(
  api: ApiServer,
  progress: Progress,
  { planned, done }: Undoing,
): Promise<RequestVerdict | undefined> {
  let refused: RequestVerdict | undefined;
  for (const each of planned.requests) {
    const verdict = await sendOne(api, each, done[each.undoes]);
    if (verdict) progress.undoSent(verdict);
    if (!verdict || isUndone(verdict, done[each.undoes])) continue;
    refused ??= verdict;
    if (each.independent !== true) break;
  }
  return refused;
}

/** `undefined` where there is nothing to undo. */
async function sendOne(
  api: ApiServer,
  planned: UndoRequest,
  done: RequestVerdict | undefined,
): Promise<RequestVerdict | undefined> {
  if ((done?.outcome ?? 'not-applied') === 'not-applied') return undefined;
  try {
    const request = await bindToCreated(api, planned, done);
    return request && (await sendPlanned(api, request));
  } catch (error) {
    return { summary: planned.summary, outcome: 'unknown', message: messageOf(error) };
  }
}

/** Also where the change was never there: that its undo finds nothing to undo is as it should be. */
function isUndone(verdict: RequestVerdict, done: RequestVerdict | undefined): boolean {
  const wasUnknown = done?.outcome === 'unknown';
  return (
    verdict.outcome === 'applied' || (wasUnknown && verdict.outcome === 'not-applied' && isConflict(verdict))
  );
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
    timeoutSeconds,
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
