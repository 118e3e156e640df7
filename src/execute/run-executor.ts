/**
 * The flow inside the Job: check → journal → lock → send → verify → undo if it went wrong → verdict.
 * It needs nobody outside: a workflow whose runner died leaves the cluster right.
 */
import type { ApiServer } from '../cluster/api.ts';
import { getObject } from '../cluster/typed.ts';
import type { Envelope, ExecutionSettings } from '../plan/plan.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { ExecutionResult, Verdict } from '../plan/verdict.ts';
import { carryOut, type Outcome } from './carry-out.ts';
import { type Declared, findMisfits } from './declared.ts';
import { holderIdentity, type Journal, openJournal, type PodIdentity } from './journal.ts';
import { acquireLocks, type HeldLocks } from './lock.ts';
import { outcomeOf } from './outcome-of.ts';
import { Progress } from './progress.ts';
import { rollBack } from './roll-back.ts';
import type { Stop } from './stop.ts';
import { undoAfter } from './undo-after.ts';

export interface ExecutorEdges {
  readonly declared: Declared;
  readonly api: ApiServer;
  readonly identity: PodIdentity;
  readonly stop: Stop;
  readonly printLine: (line: string) => void;
}

/** Between the start of a pod and what the step sees of it, and some. */
const LATE_SECONDS = 15;

/** The verdict, already in the journal unless this pod had no right to one. */
export async function runExecutor(envelope: Envelope, edges: ExecutorEdges): Promise<Verdict> {
  const progress = new Progress(edges.printLine);
  progress.print(titleOf(envelope, edges.declared));
  const misfits = findMisfits(envelope, edges.declared, jobNameOf(edges.identity));
  if (misfits.length > 0) {
    return verdictOf(edges, progress, {
      result: 'refused',
      reasonCode: 'plan-invalid',
      message: misfits.join('; '),
    });
  }
  const journal = await openJournalOfPod(edges).catch(outcomeOf);
  if (journal && 'reasonCode' in journal) {
    const message = `nothing was sent, since the journal could not be opened: ${journal.message}`;
    return verdictOf(edges, progress, { ...journal, message });
  }
  if (!journal) {
    const message =
      'another pod of this Job has begun already; nothing was sent. The journal has what became of it.';
    return verdictOf(edges, progress, { result: 'failed', reasonCode: 'interrupted', message });
  }
  const late = refuseLate(journal, envelope.plan.settings);
  const verdict = late ? verdictOf(edges, progress, late) : await decide(envelope, progress, edges);
  // Its termination message says it too, where even the retries of the last write were in vain.
  await journal
    .close(verdict)
    .catch((error: unknown) => edges.printLine(`the journal could not be closed: ${messageOf(error)}`));
  return verdict;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function titleOf({ executionId, plan }: Envelope, { rollsBack }: Declared): string {
  return rollsBack === undefined
    ? `execution ${executionId}: ${plan.summary}`
    : `rollback of execution ${rollsBack}: ${plan.summary}`;
}

async function openJournalOfPod({ api, identity }: ExecutorEdges): Promise<Journal | Outcome | undefined> {
  const pod = await getObject(api, {
    group: '',
    version: 'v1',
    resource: 'pods',
    namespace: identity.namespace,
    name: identity.podName,
  });
  if (pod?.metadata.uid !== identity.podUid) {
    const message = `pod/${identity.podName} was deleted, or is no longer this one`;
    return { result: 'failed', reasonCode: 'interrupted', message };
  }
  // As after a cancellation: nobody wants it begun, and its journal would go with the Job.
  if (pod.metadata.deletionTimestamp !== undefined) {
    const message = `pod/${identity.podName} was deleted before it had begun`;
    return { result: 'cancelled', reasonCode: 'cancelled', message };
  }
  return openJournal(api, identity, pod);
}

/** Whatever goes wrong in here becomes a verdict: the journal is the only word that is sure to be heard. */
async function decide(envelope: Envelope, progress: Progress, edges: ExecutorEdges): Promise<Verdict> {
  try {
    return verdictOf(edges, progress, await lockAndRun(envelope, progress, edges));
  } catch (error) {
    return verdictOf(edges, progress, outcomeOf(error));
  }
}

/** The step gives up at schedule-timeout and takes the Job away; it is late only where the step has died. */
function refuseLate(
  { waitedSeconds }: Journal,
  { scheduleTimeoutSeconds }: ExecutionSettings,
): Outcome | undefined {
  if (!(waitedSeconds > scheduleTimeoutSeconds + LATE_SECONDS)) return undefined;
  const message = `this pod started ${waitedSeconds} s after its creation, later than schedule-timeout of ${scheduleTimeoutSeconds} s. Nobody waits for it any more, and its plan may be out of date: nothing was sent. Run the action again.`;
  return { result: 'refused', reasonCode: 'schedule-timeout', message };
}

async function lockAndRun(envelope: Envelope, progress: Progress, edges: ExecutorEdges): Promise<Outcome> {
  const { locks, settings } = envelope.plan;
  const locking = await acquireLocks(edges.api, {
    targets: locks,
    holder: holderIdentity(edges.identity),
    onLocked: settings.onLocked,
    timeoutSeconds: settings.lockTimeoutSeconds,
    signal: edges.stop.signal,
    print: progress.print,
  });
  if (locking.kind === 'busy') return busy(locking.message, settings.onLocked, edges.stop);
  progress.reach('locked');
  try {
    return await runLocked(envelope, progress, edges, locking.locks);
  } finally {
    // An execution that is dead by its pod frees its lock in the end; the verdict must not be lost over it.
    await locking.locks.release().then(
      () => progress.reach('lock released'),
      (error: unknown) => progress.print(`the lock could not be released: ${messageOf(error)}`),
    );
  }
}

function busy(message: string, onLocked: ExecutionSettings['onLocked'], stop: Stop): Outcome {
  if (stop.signal.aborted)
    return {
      result: 'cancelled',
      reasonCode: 'cancelled',
      message: 'stopped while waiting for the lock; nothing was sent',
    };
  const text = `${message}; nothing was sent`;
  return onLocked === 'skip'
    ? { result: 'skipped', reasonCode: 'locked', message: text }
    : { result: 'refused', reasonCode: 'locked', message: text };
}

async function runLocked(
  envelope: Envelope,
  progress: Progress,
  edges: ExecutorEdges,
  locks: HeldLocks,
): Promise<Outcome> {
  const stop = AbortSignal.any([edges.stop.signal, locks.lost]);
  if (edges.declared.rollsBack !== undefined) {
    return rollBack(envelope, progress, { api: edges.api, namespace: edges.identity.namespace, stop });
  }
  const forward = blame(
    await carryOut(envelope, progress, { api: edges.api, stop }),
    envelope.plan.settings,
    edges.stop,
  );
  if (forward.result === 'succeeded' || !forward.changed) return forward;
  if (envelope.plan.settings.onFailure === 'keep') {
    return { ...forward, message: `${forward.message}. Kept as it is (on-failure: keep)` };
  }
  return undoAfter(forward, envelope, progress, edges.api);
}

/** What stopped it: another one took the lock, or after its own deadline a timeout, or before that a cancellation. */
function blame<T extends Outcome>(outcome: T, settings: ExecutionSettings, stop: Stop): T {
  if (outcome.reasonCode !== 'cancelled') return outcome;
  const seconds = stop.afterSeconds();
  if (seconds === undefined) {
    const message = `the lock on the target was lost: ${outcome.message}`;
    return { ...outcome, result: 'failed', reasonCode: 'locked', message };
  }
  if (seconds < settings.runTimeoutSeconds - 5) return outcome;
  const message = `run-timeout of ${settings.runTimeoutSeconds} s was over: ${outcome.message}`;
  return { ...outcome, result: 'timed-out', reasonCode: 'run-timeout', message };
}

function verdictOf(
  { identity }: ExecutorEdges,
  progress: Progress,
  outcome: { readonly result: ExecutionResult; readonly reasonCode: ReasonCode; readonly message: string },
): Verdict {
  const { result, reasonCode, message } = outcome;
  const executionId = jobNameOf(identity);
  progress.reach(`verdict: ${result}`);
  progress.print(`${result}: ${message}`);
  return { version: 1, executionId, result, reasonCode, message, ...progress.record() };
}

/** To which the Job controller adds six characters for its pod; also the id of the execution. */
function jobNameOf({ podName }: PodIdentity): string {
  return podName.slice(0, -6);
}
