/** Undoes an earlier execution from the record that the cluster keeps of it: its plan, mounted here, and its journal. */
import type { ApiServer } from '../cluster/api.ts';
import { ApiError, isConflict } from '../cluster/errors.ts';
import { toApiRequest } from '../cluster/send-planned.ts';
import { getObject } from '../cluster/typed.ts';
import { ANNOTATION } from '../plan/names.ts';
import type { Envelope, Plan, PlannedRequest } from '../plan/plan.ts';
import { isUndone, type RequestVerdict, readVerdict } from '../plan/verdict.ts';
import { bindToCreated } from './created.ts';
import { leasePath } from './lease.ts';
import type { Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';
import { explainConflict } from './read-back.ts';
import { sayWhole, type Undone, type UndoRequests, undo } from './undo.ts';

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
  const { plan } = envelope;
  if (plan.undo.kind === 'irreversible') {
    return {
      result: 'refused',
      reasonCode: 'irreversible',
      message: `there is no undo: ${plan.undo.reason}`,
    };
  }
  const done = await readDone(api, namespace, envelope);
  if (typeof done === 'string') return { result: 'succeeded', reasonCode: 'no-change', message: done };
  const refusal = await rehearseUndo(api, plan.undo, done);
  if (refusal !== undefined) {
    return {
      result: 'refused',
      reasonCode: 'rollback-conflict',
      message: `refused in its dry run, so nothing was sent: ${refusal}`,
    };
  }
  progress.reach('undo rehearsed');
  const undone = await undo(api, progress, {
    planned: plan.undo,
    done,
    timeoutSeconds: plan.settings.verifyTimeoutSeconds,
    signal: stop,
  });
  return judgeUndone(undone, plan.undo.leaves);
}

/** Without a verdict nobody knows what was applied: every undo is tried, and tests for what it would undo. */
async function readDone(
  api: ApiServer,
  namespace: string,
  { executionId, plan }: Envelope,
): Promise<readonly RequestVerdict[] | string> {
  const journal = await getObject(api, leasePath(namespace, executionId));
  const verdict = readVerdict(journal?.metadata.annotations?.[ANNOTATION.verdict]);
  if (!verdict || verdict.shortened === true) return unknownRequests(plan);
  if (isUndone(verdict)) return 'it was undone already; nothing was sent';
  const isApplied = verdict.requests.some((request) => request.outcome !== 'not-applied');
  return isApplied ? verdict.requests : 'it had changed nothing; nothing was sent';
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
  const bound = await Promise.all(wanted.map((request) => bindToCreated(api, request, done[request.undoes])));
  const refusals = await Promise.all(
    bound.flatMap((request) => (request ? [rehearseOne(api, request)] : [])),
  );
  const said = refusals.filter((refusal) => refusal !== '');
  return said.length === 0 ? undefined : said.join('; ');
}

/** The empty string when it is accepted; a failed precondition is explained by the live object. */
async function rehearseOne(api: ApiServer, request: PlannedRequest): Promise<string> {
  const { status, body } = await api.send(toApiRequest(request, { dryRun: true }));
  if (status < 300) return '';
  const why = isConflict({ status })
    ? explainConflict(request, await getObject(api, request.effect.object))
    : '';
  return `${request.summary}: ${why === '' ? `HTTP ${status}, ${new ApiError(status, body).message}` : why}`;
}

function judgeUndone(undone: Undone, leaves: string | undefined): Outcome {
  if (undone.kind === 'refused') {
    const { summary, message } = undone.verdict;
    const reasonCode = isConflict(undone.verdict) ? 'rollback-conflict' : 'rollback-failed';
    return {
      result: 'rollback-failed',
      reasonCode,
      message: `the undo failed: ${summary}: ${message ?? 'no answer'}`,
    };
  }
  const { outcome } = undone;
  if (outcome.kind === 'met')
    return {
      result: 'succeeded',
      reasonCode: 'ok',
      message: `undone and verified${sayWhole(leaves)}`,
    };
  if (outcome.kind === 'stopped')
    return {
      result: 'cancelled',
      reasonCode: 'cancelled',
      message: `the undo was sent; stopped during its verification: ${outcome.detail}`,
    };
  return {
    result: 'rollback-failed',
    reasonCode: 'rollback-failed',
    message: `the undo was sent but not verified: ${outcome.detail}`,
  };
}
