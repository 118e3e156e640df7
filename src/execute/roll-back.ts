/** Undoes an earlier execution from the record that the cluster keeps of it: its plan, mounted here, and its journal. */
import type { ApiServer } from '../cluster/api.ts';
import { getObject } from '../cluster/typed.ts';
import { holderOf, leasePath } from '../job/lease.ts';
import { ANNOTATION } from '../plan/names.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { Envelope, Plan } from '../plan/plan.ts';
import { isChanged, isUndone, type RequestVerdict, readVerdict } from '../plan/verdict.ts';
import type { HeldLocks } from './lock.ts';
import type { Outcome } from './outcome.ts';
import type { Progress } from './progress.ts';
import { isMadeByUs } from './read-back.ts';
import { type Past, rehearseUndo } from './rehearse-undo.ts';
import { sayWhole, type Undone, undo } from './undo.ts';

export interface RollBackEdges {
  readonly api: ApiServer;
  /** Of the executor, where the journals are. */
  readonly namespace: string;
  readonly locks: HeldLocks;
  readonly stop: AbortSignal;
}

export async function rollBack(
  envelope: Envelope,
  progress: Progress,
  { api, namespace, locks, stop }: RollBackEdges,
): Promise<Outcome> {
  const { plan } = envelope;
  if (plan.undo.kind === 'irreversible') {
    return {
      result: 'refused',
      reasonCode: 'irreversible',
      message: `there is no undo: ${plan.undo.reason}`,
    };
  }
  const journal = await getObject(api, leasePath({ namespace, name: envelope.executionId }));
  const done = readDone(journal, plan);
  if (typeof done === 'string') return { result: 'succeeded', reasonCode: 'no-change', message: done };
  const past = pastOf(journal, plan, { done, locks });
  const refusal = await rehearseUndo(api, plan.undo, past);
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
    ...past,
    timeoutSeconds: plan.settings.verifyTimeoutSeconds,
    signal: stop,
  });
  return judgeUndone(undone, plan.undo.leaves);
}

/** Without a verdict nobody knows what was applied: every undo is tried, and tests for what it would undo. */
function readDone(journal: KubernetesObject | null, plan: Plan): readonly RequestVerdict[] | string {
  const verdict = readVerdict(journal?.metadata.annotations?.[ANNOTATION.verdict]);
  if (!verdict) return unknownRequests(plan);
  if (isUndone(verdict)) return 'it was undone already; nothing was sent';
  if (!isChanged(verdict)) return 'it had changed nothing; nothing was sent';
  return verdict.shortened === true ? unknownRequests(plan) : verdict.requests;
}

function unknownRequests(plan: Plan): readonly RequestVerdict[] {
  return plan.requests.map(({ summary }) => ({ summary, outcome: 'unknown' }));
}

/**
 * Where nobody has taken its locks since, what is there of ours was made by the execution itself: it lost them with its
 * life, and did not live to write down what it had made.
 */
function pastOf(
  journal: KubernetesObject | null,
  { locks, checks }: Plan,
  { done, locks: held }: { readonly done: readonly RequestVerdict[]; readonly locks: HeldLocks },
): Past {
  const holder = journal ? holderOf(journal) : '';
  const since = journal?.metadata.creationTimestamp;
  const isLast = holder !== '' && locks.every((lock) => held.lastHolder(lock) === holder);
  const mayBe = (live: KubernetesObject): boolean => isMadeByUs(live, since);
  return { done, checks, mayBeCreated: mayBe, isCreated: (live) => isLast && mayBe(live) };
}

function judgeUndone(undone: Undone, leaves: string | undefined): Outcome {
  if (undone.kind === 'refused') {
    const { verdict, reasonCode } = undone;
    const { summary, message } = verdict;
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
