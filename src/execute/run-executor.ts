/**
 * The flow inside the Job: check → journal → lock → send → verify → undo if it went wrong → verdict.
 * It needs nobody outside: a workflow whose runner died leaves the cluster right.
 */
import type { Planner } from '../catalog/action.ts';
import { messageOf } from '../cluster/errors.ts';
import { type Declared, findMisfits, findQuestionMisfits } from '../job/declared.ts';
import { holderIdentity } from '../job/lease.ts';
import type { Mounted } from '../job/mounted.ts';
import { fillValues } from '../plan/fill-values.ts';
import type { Envelope, ExecutionSettings } from '../plan/plan.ts';
import type { Verdict } from '../plan/verdict.ts';
import { carryOut } from './carry-out.ts';
import { createdSince } from './created.ts';
import { type Journal, openJournalOfPod } from './journal.ts';
import { type Kept, keepUndo } from './keep-undo.ts';
import { acquireLocks, type HeldLocks } from './lock.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { planInCluster } from './plan-in-cluster.ts';
import { type ExecutorEdges, jobNameOf, judgeRun, openRun, type PodRun } from './pod-run.ts';
import { rollBack } from './roll-back.ts';
import type { Stop } from './stop.ts';
import { undoAfter } from './undo-after.ts';

/** Between the start of a pod and what the step sees of it, and some. */
const LATE_SECONDS = 15;

/** The verdict, already in the journal unless this pod had no right to one. */
export async function runExecutor(
  mounted: Mounted,
  planners: readonly Planner[],
  edges: ExecutorEdges,
): Promise<Verdict> {
  const run = openRun(edges);
  run.hider.add(Object.values(mounted.values ?? {}));
  run.progress.print(titleOf(mounted, edges.declared));
  const planner = planners.find(({ name }) => name === edges.declared.action);
  const misfits = findMountedMisfits(mounted, planner, edges);
  if (misfits.length > 0) {
    return judgeRun(run, { result: 'refused', reasonCode: 'plan-invalid', message: misfits.join('; ') });
  }
  const journal = await openJournalOfPod(edges.api, edges.identity).catch(outcomeOf);
  if (journal && 'reasonCode' in journal) {
    const message = `nothing was sent, since the journal could not be opened: ${journal.message}`;
    return judgeRun(run, { ...journal, message });
  }
  if (!journal) {
    const message =
      'another pod of this Job has begun already; nothing was sent. The journal has what became of it.';
    return judgeRun(run, { result: 'failed', reasonCode: 'interrupted', message });
  }
  const verdict = await decide(withOwnSettings(mounted, edges.declared), planner, run, journal);
  // Its termination message says it too, where even the retries of the last write were in vain.
  await journal
    .close(verdict)
    .catch((error: unknown) => edges.printLine(`the journal could not be closed: ${messageOf(error)}`));
  return verdict;
}

/** Where the executor plans by itself, a plan of somebody else is none. */
function findMountedMisfits(
  mounted: Mounted,
  planner: Planner | undefined,
  { declared, identity }: ExecutorEdges,
): readonly string[] {
  const jobName = jobNameOf(identity);
  const plansHere = planner !== undefined && declared.rollsBack === undefined;
  if (declared.rehearses === true || 'question' in mounted !== plansHere) {
    return [`what is mounted is not for an execution of ${declared.action}`];
  }
  return 'question' in mounted
    ? findQuestionMisfits(mounted, declared, jobName)
    : findMisfits(mounted, declared, jobName);
}

/** A rollback mounts the plan that it undoes, and waits for locks and times of its own. */
function withOwnSettings(mounted: Mounted, { rollbackSettings }: Declared): Mounted {
  if ('question' in mounted || rollbackSettings === undefined) return mounted;
  const { plan } = mounted;
  return { ...mounted, plan: { ...plan, settings: { ...plan.settings, ...rollbackSettings } } };
}

function titleOf(mounted: Mounted, { rollsBack, action }: Declared): string {
  if ('question' in mounted) return `execution ${mounted.executionId}: ${action}, planned here`;
  const { executionId, plan } = mounted;
  return rollsBack === undefined
    ? `execution ${executionId}: ${plan.summary}`
    : `rollback of execution ${rollsBack}: ${plan.summary}`;
}

/** Whatever goes wrong in here becomes a verdict: the journal is the only word that is sure to be heard. */
async function decide(
  mounted: Mounted,
  planner: Planner | undefined,
  run: PodRun,
  journal: Journal,
): Promise<Verdict> {
  try {
    const settings = 'question' in mounted ? mounted.settings : mounted.plan.settings;
    const late = settings && refuseLate(journal, settings);
    if (late) return judgeRun(run, late);
    const envelope = await envelopeOf(mounted, planner, run);
    if ('reasonCode' in envelope) return judgeRun(run, envelope);
    return judgeRun(run, await lockAndRun(envelope, run, journal));
  } catch (error) {
    return judgeRun(run, outcomeOf(error));
  }
}

/** The one that is mounted, or what answers the question. */
async function envelopeOf(
  mounted: Mounted,
  planner: Planner | undefined,
  run: PodRun,
): Promise<Envelope | Outcome> {
  if (!('question' in mounted)) return mounted;
  if (!planner) throw new Error('a question that nobody here can answer');
  const planned = await planInCluster(mounted, planner, run);
  if ('plan' in planned) run.progress.print(planned.plan.summary);
  return planned;
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

async function lockAndRun(envelope: Envelope, run: PodRun, journal: Journal): Promise<Outcome> {
  const { locks, settings } = envelope.plan;
  const { progress } = run;
  const locking = await acquireLocks(run.api, {
    targets: locks,
    holder: holderIdentity(run.identity),
    onLocked: settings.onLocked,
    timeoutSeconds: settings.lockTimeoutSeconds,
    signal: run.stop.signal,
    print: progress.print,
  });
  if (locking.kind === 'busy') {
    return blame(busy(locking.message, settings.onLocked, run.stop), envelope, run, journal);
  }
  progress.reach('locked');
  try {
    return await runLocked(envelope, run, journal, locking.locks);
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
  planned: Envelope,
  run: PodRun,
  journal: Journal,
  locks: HeldLocks,
): Promise<Outcome> {
  const { api, progress } = run;
  const stop = AbortSignal.any([run.stop.signal, locks.lost]);
  const filled = await fillIn(planned, run, journal);
  if ('outcome' in filled) return filled.outcome;
  const envelope = createdSince(filled.envelope, journal.createdAt);
  if (run.declared.rollsBack !== undefined) {
    const { namespace } = run.identity;
    const undone = await rollBack(envelope, progress, { api, namespace, locks, stop });
    return blame(undone, envelope, run, journal);
  }
  const forward = blame(await carryOut(envelope, progress, { api, stop }), envelope, run, journal);
  if (forward.result === 'succeeded' || !forward.changed) return forward;
  if (envelope.plan.settings.onFailure === 'keep') {
    return { ...forward, message: `${forward.message}. Kept as it is (on-failure: keep)` };
  }
  return undoAfter(forward, envelope, progress, {
    api,
    since: journal.createdAt,
    stop: run.stop.signal,
  });
}

/** With the values in it that the plan refers to; those of a rollback came with its plan. */
async function fillIn(
  envelope: Envelope,
  run: PodRun,
  { job }: Journal,
): Promise<{ readonly envelope: Envelope } | { readonly outcome: Outcome }> {
  const { plan, values = {} } = envelope;
  if (plan.secret === undefined) return { envelope };
  const kept: Kept =
    run.declared.rollsBack === undefined
      ? await keepUndo(envelope, plan.secret, { ...run, namespace: run.identity.namespace, job })
      : { kind: 'kept', values };
  if (kept.kind === 'failed') return kept;
  try {
    return { envelope: { ...envelope, plan: fillValues(plan, plan.secret, kept.values) } };
  } catch (error) {
    const message = `${messageOf(error)}; nothing was sent`;
    return { outcome: { result: 'refused', reasonCode: 'plan-invalid', message } };
  }
}

/** What stopped it: another one took the lock, or after its own deadline a timeout, or before that a cancellation. */
function blame<T extends Outcome>(
  outcome: T,
  { plan: { settings } }: Envelope,
  { stop }: PodRun,
  { startupSeconds }: Journal,
): T {
  if (outcome.reasonCode !== 'cancelled') return outcome;
  const seconds = stop.afterSeconds();
  if (seconds === undefined) {
    const message = `the lock on the target was lost: ${outcome.message}`;
    return { ...outcome, result: 'failed', reasonCode: 'locked', message };
  }
  if (startupSeconds + seconds < settings.runTimeoutSeconds - 5) return outcome;
  const message = `run-timeout of ${settings.runTimeoutSeconds} s was over: ${outcome.message}`;
  return { ...outcome, result: 'timed-out', reasonCode: 'run-timeout', message };
}
