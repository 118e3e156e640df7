/** Puts back what the plan's requests changed, with the requests that the plan carried for it from the start. */
import type { ApiServer } from '../cluster/api.ts';
import type { Envelope, Undo } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import { awaitChecks } from './await-checks.ts';
import type { Outcome } from './carry-out.ts';
import { observe } from './observe.ts';
import type { Progress } from './progress.ts';
import { sendPlanned } from './send.ts';

/** The pod's grace is 60 s: an undo after a stop must have been judged by then. */
const VERIFY_SECONDS = 45;

/** `cause` is what made it necessary; it stays in the message. */
export async function undo(
  envelope: Envelope,
  progress: Progress,
  api: ApiServer,
  cause: Outcome,
): Promise<Outcome> {
  const { undo: planned } = envelope.plan;
  if (planned.kind === 'irreversible') {
    return { ...cause, message: `${cause.message}. There is no undo: ${planned.reason}` };
  }
  progress.reach('undo begun');
  progress.print(`undoing, because: ${cause.message}`);
  const failed = await sendUndo(planned, progress, api, cause);
  return failed ?? verifyUndo(planned, progress, api, cause);
}

type UndoRequests = Extract<Undo, { kind: 'requests' }>;

/** `undefined` when nothing stands in the way of verification. */
async function sendUndo(
  planned: UndoRequests,
  progress: Progress,
  api: ApiServer,
  cause: Outcome,
): Promise<Outcome | undefined> {
  const done = progress.requests();
  for (const request of planned.requests) {
    const before = done[request.undoes]?.outcome ?? 'not-applied';
    if (before === 'not-applied') continue;
    const verdict = await sendPlanned(api, request);
    progress.undoSent(verdict);
    // The change was never there: that its undo finds nothing to undo is as it should be.
    const nothingToUndo =
      before === 'unknown' &&
      verdict.outcome === 'not-applied' &&
      (verdict.status === 422 || verdict.status === 409);
    if (verdict.outcome !== 'applied' && !nothingToUndo) return refused(verdict, cause);
  }
  return undefined;
}

async function verifyUndo(
  planned: UndoRequests,
  progress: Progress,
  api: ApiServer,
  cause: Outcome,
): Promise<Outcome> {
  await using seen = await observe(api, planned.checks);
  const outcome = await awaitChecks(planned.checks, seen, {
    timeoutSeconds: VERIFY_SECONDS,
    soakSeconds: 0,
    signal: new AbortController().signal,
    print: progress.print,
  });
  progress.undoVerified(outcome.checks);
  if (outcome.kind === 'met') {
    const result = cause.result === 'cancelled' ? 'cancelled' : 'rolled-back';
    return {
      result,
      reasonCode: cause.reasonCode,
      message: `${cause.message}. Undone and verified: it is as it was before`,
    };
  }
  return {
    result: 'rollback-failed',
    reasonCode: 'rollback-failed',
    message: `${cause.message}. The undo was sent but not verified: ${outcome.detail}`,
  };
}

function refused({ summary, status, message, outcome }: RequestVerdict, cause: Outcome): Outcome {
  const isConflict = status === 409 || status === 422;
  return {
    result: 'rollback-failed',
    reasonCode: isConflict ? 'rollback-conflict' : 'rollback-failed',
    message: `${cause.message}. The undo failed (${outcome}): ${summary}: ${message ?? 'no answer'}`,
  };
}
