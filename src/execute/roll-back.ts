/** Undoes an earlier execution from the record that the cluster keeps of it: its plan, mounted here, and its journal. */
import type { ApiServer } from '../cluster/api.ts';
import { ApiError } from '../cluster/errors.ts';
import { toApiRequest } from '../cluster/send-planned.ts';
import { getObject } from '../cluster/typed.ts';
import { ANNOTATION } from '../plan/names.ts';
import type { Envelope, Plan } from '../plan/plan.ts';
import { type RequestVerdict, readVerdict } from '../plan/verdict.ts';
import type { Outcome } from './carry-out.ts';
import { leasePath } from './lease.ts';
import type { Progress } from './progress.ts';
import { isConflict, type Undone, type UndoRequests, undo } from './undo.ts';

export interface RollBackEdges {
  readonly api: ApiServer;
  /** Of the executor, where the journals are. */
  readonly namespace: string;
  readonly stop: AbortSignal;
}

export async function rollBack(
  envelope: Envelope,
  progress: Progress,
  { api, namespace, stop }: RollBackEdges,
): Promise<Outcome> {
  const { plan, settings, executionId } = envelope;
  if (plan.undo.kind === 'irreversible') {
    return {
      result: 'refused',
      reasonCode: 'irreversible',
      message: `${executionId} has no undo: ${plan.undo.reason}`,
    };
  }
  const done = await readDone(api, namespace, envelope);
  if (typeof done === 'string') return { result: 'succeeded', reasonCode: 'no-change', message: done };
  const refusal = await rehearseUndo(api, plan.undo, done);
  if (refusal !== undefined) {
    return {
      result: 'refused',
      reasonCode: 'rollback-conflict',
      message: `the undo of ${executionId} was refused in its dry run; nothing was sent: ${refusal}`,
    };
  }
  progress.reach('undo rehearsed');
  const undone = await undo(api, progress, {
    planned: plan.undo,
    done,
    timeoutSeconds: settings.verifyTimeoutSeconds,
    signal: stop,
  });
  return judgeUndone(undone, executionId);
}

/** Without a verdict nobody knows what was applied: every undo is tried, and tests for what it would undo. */
async function readDone(
  api: ApiServer,
  namespace: string,
  { executionId, plan }: Envelope,
): Promise<readonly RequestVerdict[] | string> {
  const journal = await getObject(api, leasePath(namespace, executionId));
  const verdict = readVerdict(journal?.metadata.annotations?.[ANNOTATION.verdict]);
  if (!verdict) return unknownRequests(plan);
  if (verdict.undo && verdict.result !== 'rollback-failed')
    return `${executionId} was undone already; nothing was sent`;
  const isApplied = verdict.requests.some((request) => request.outcome !== 'not-applied');
  return isApplied ? verdict.requests : `${executionId} had changed nothing; nothing was sent`;
}

function unknownRequests(plan: Plan): readonly RequestVerdict[] {
  return plan.requests.map(({ summary }) => ({ summary, outcome: 'unknown' }));
}

/** What the API server says against it, `undefined` when nothing. */
async function rehearseUndo(
  api: ApiServer,
  planned: UndoRequests,
  done: readonly RequestVerdict[],
): Promise<string | undefined> {
  const wanted = planned.requests.filter(
    (request) => done[request.undoes]?.outcome === 'applied' && request.rehearsal === 'yes',
  );
  const answers = await Promise.all(
    wanted.map((request) => api.send(toApiRequest(request, { dryRun: true }))),
  );
  const refusals = answers.flatMap(({ status, body }, index) =>
    status < 300
      ? []
      : [`${wanted[index]?.summary ?? ''}: HTTP ${status}, ${new ApiError(status, body).message}`],
  );
  return refusals.length === 0 ? undefined : refusals.join('; ');
}

function judgeUndone(undone: Undone, executionId: string): Outcome {
  if (undone.kind === 'refused') {
    const { summary, message } = undone.verdict;
    const reasonCode = isConflict(undone.verdict) ? 'rollback-conflict' : 'rollback-failed';
    return {
      result: 'rollback-failed',
      reasonCode,
      message: `the undo of ${executionId} failed: ${summary}: ${message ?? 'no answer'}`,
    };
  }
  const { outcome } = undone;
  if (outcome.kind === 'met')
    return {
      result: 'succeeded',
      reasonCode: 'ok',
      message: `${executionId} is undone and verified: it is as it was before`,
    };
  if (outcome.kind === 'stopped')
    return {
      result: 'cancelled',
      reasonCode: 'cancelled',
      message: `the undo of ${executionId} was sent; stopped during its verification: ${outcome.detail}`,
    };
  return {
    result: 'rollback-failed',
    reasonCode: 'rollback-failed',
    message: `the undo of ${executionId} was sent but not verified: ${outcome.detail}`,
  };
}
