/** The undo that follows a failed, timed-out or stopped execution, in the same Job. */
import type { ApiServer } from '../cluster/api.ts';
import { GRACE_SECONDS } from '../job/execution-job.ts';
import type { Envelope } from '../plan/plan.ts';
import type { Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';
import { isMadeByUs } from './read-back.ts';
import { sayWhole, type Undone, undo } from './undo.ts';

/** After a stop an undo must have been judged before the kubelet kills. */
const STOPPED_SECONDS = GRACE_SECONDS - 15;

export interface UndoEdges {
  readonly api: ApiServer;
  /** When this execution began, in RFC 3339 by the API server's clock. */
  readonly since: string;
  readonly stop: AbortSignal;
}

/** `cause` is what made it necessary; it stays in the message. */
export async function undoAfter(
  cause: Outcome,
  { plan }: Envelope,
  progress: Progress,
  { api, since, stop }: UndoEdges,
): Promise<Outcome> {
  if (plan.undo.kind === 'irreversible') {
    return { ...cause, message: `${cause.message}. There is no undo: ${plan.undo.reason}` };
  }
  const { leaves } = plan.undo;
  if (plan.undo.requests.length === 0) {
    return {
      ...cause,
      message: `${cause.message}. There is nothing to undo${leaves === undefined ? '' : `: ${leaves}`}`,
    };
  }
  progress.print(`undoing, because: ${cause.message}`);
  // Not the stop, which brought us here or may come now: what was begun is put back all the same, but in time.
  using killed = beforeKilled(stop);
  const undone = await undo(api, progress, {
    planned: plan.undo,
    done: progress.requests(),
    // Under the lock nobody else of ours makes it.
    isCreated: (live) => isMadeByUs(live, since),
    timeoutSeconds: plan.settings.verifyTimeoutSeconds,
    signal: killed.signal,
  });
  return judgeUndone(undone, cause, leaves);
}

/** The kubelet kills some time after the stop, and never without one. */
function beforeKilled(stop: AbortSignal): Disposable & { readonly signal: AbortSignal } {
  const killed = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => killed.abort(), STOPPED_SECONDS * 1000);
  };
  if (stop.aborted) begin();
  else stop.addEventListener('abort', begin, { once: true });
  return {
    signal: killed.signal,
    [Symbol.dispose]: () => {
      stop.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}

function judgeUndone(undone: Undone, cause: Outcome, leaves: string | undefined): Outcome {
  if (undone.kind === 'refused') {
    const { verdict, reasonCode } = undone;
    const { summary, message, outcome } = verdict;
    return {
      result: 'rollback-failed',
      reasonCode,
      message: `${cause.message}. The undo failed (${outcome}): ${summary}: ${message ?? 'no answer'}`,
    };
  }
  if (undone.outcome.kind !== 'met') {
    return {
      result: 'rollback-failed',
      reasonCode: 'rollback-failed',
      message: `${cause.message}. The undo was sent but not verified: ${undone.outcome.detail}`,
    };
  }
  return {
    result: cause.result === 'cancelled' ? 'cancelled' : 'rolled-back',
    reasonCode: cause.reasonCode,
    message: `${cause.message}. Undone and verified${sayWhole(leaves)}`,
  };
}
