/** Sends a plan's requests in order and verifies what came of them. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from '../cluster/api.ts';
import { isConflict } from '../cluster/errors.ts';
import { untilSettled } from '../cluster/pause.ts';
import { getObject } from '../cluster/typed.ts';
import type { Envelope, PlannedRequest } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import { awaitChecks, type ChecksOutcome } from './await-checks.ts';
import { type Observation, observe } from './observe.ts';
import { isAway, type Outcome, outcomeOf } from './outcome.ts';
import type { Progress } from './progress.ts';
import { hasHappened } from './read-back.ts';
import { sendPlanned } from './send.ts';
import { type Sending, sendTogether } from './send-together.ts';

const CATCH_UP_MS = 5_000;
const NOT_SEEN = 'what was written has not been seen in a watch yet';
const NEW_KIND_ATTEMPTS = 20;
const NEW_KIND_PAUSE_MS = 500;

export interface ForwardOutcome extends Outcome {
  /** Whether anything was applied, or may have been. */
  readonly changed: boolean;
}

interface Edges {
  readonly api: ApiServer;
  readonly stop: AbortSignal;
}

/** An exception on the way is an outcome too: what was applied by then must be undone. */
export async function carryOut(
  envelope: Envelope,
  progress: Progress,
  edges: Edges,
): Promise<ForwardOutcome> {
  const outcome = await sendAndVerify(envelope, progress, edges).catch((error: unknown): Outcome => {
    const outcome = outcomeOf(error);
    return edges.stop.aborted ? { ...outcome, result: 'cancelled', reasonCode: 'cancelled' } : outcome;
  });
  return { ...outcome, changed: progress.requests().some((request) => request.outcome !== 'not-applied') };
}

async function sendAndVerify({ plan }: Envelope, progress: Progress, { api, stop }: Edges): Promise<Outcome> {
  await using seen = await observe(api, plan.checks, stop);
  progress.reach('observing');
  const { verifyTimeoutSeconds } = plan.settings;
  const deadlineMs = performance.now() + verifyTimeoutSeconds * 1000;
  const failed = await sendAll(plan.requests, { api, progress, stop, deadlineMs });
  if (failed) return failed;
  const behind = await catchUp(seen, plan.requests, { api, stop, deadlineMs });
  if (behind) return judgeVerification(behind, verifyTimeoutSeconds);
  const outcome = await awaitChecks(plan.checks, seen, {
    timeoutSeconds: plan.requests.some((request) => request.waitsForBudget === true)
      ? (deadlineMs - performance.now()) / 1000
      : verifyTimeoutSeconds,
    soakSeconds: plan.settings.soakSeconds,
    signal: stop,
    print: progress.print,
  });
  progress.verified(outcome.checks);
  return judgeVerification(outcome, verifyTimeoutSeconds);
}

interface CatchingUp {
  readonly api: ApiServer;
  readonly stop: AbortSignal;
  readonly deadlineMs: number;
}

/**
 * A watch lags behind an answer: until it has shown what was written, it still tells of the state before, which can
 * look complete, or like somebody else's work. Where it takes long, the object itself tells whether somebody has
 * changed it back at once. `undefined` once it shows how things are.
 */
async function catchUp(
  seen: Observation,
  requests: readonly PlannedRequest[],
  { api, stop, deadlineMs }: CatchingUp,
): Promise<Pick<ChecksOutcome, 'kind' | 'reasonCode' | 'detail'> | undefined> {
  let askAt = performance.now() + CATCH_UP_MS;
  for (;;) {
    const changed = seen.nextChange();
    const behind = requests.filter((request) => isBehind(request, seen));
    const now = performance.now();
    if (behind.length === 0) return undefined;
    if (stop.aborted) return { kind: 'stopped', reasonCode: 'cancelled', detail: NOT_SEEN };
    if (now >= deadlineMs) return { kind: 'timed-out', reasonCode: 'verify-timeout', detail: NOT_SEEN };
    if (now >= askAt) {
      if (await isChangedBack(api, behind)) return undefined;
      askAt = performance.now() + CATCH_UP_MS;
    }
    await untilSettled(changed, CATCH_UP_MS / 5, stop);
  }
}

function isBehind({ effect }: PlannedRequest, seen: Observation): boolean {
  return (
    effect.kind !== 'gone' &&
    seen.isWatched(effect.object) &&
    !hasHappened(effect, seen.view.object(effect.object))
  );
}

/** A server that is away tells nothing, and comes back. */
async function isChangedBack(api: ApiServer, requests: readonly PlannedRequest[]): Promise<boolean> {
  const live = await Promise.all(requests.map(({ effect }) => getObject(api, effect.object))).catch(
    (error: unknown) => {
      if (!isAway(error)) throw error;
    },
  );
  if (live === undefined) return false;
  return requests.some(({ effect }, index) => !hasHappened(effect, live[index] ?? null));
}

/** `undefined` when all were applied. */
async function sendAll(requests: readonly PlannedRequest[], sending: Sending): Promise<Outcome | undefined> {
  const { api, progress, stop } = sending;
  for (const group of groupsOf(requests)) {
    const [first] = group;
    if (stop.aborted)
      return { result: 'cancelled', reasonCode: 'cancelled', message: `stopped before "${first.summary}"` };
    if (first.together === true) {
      const verdicts = await sendTogether(group, sending);
      progress.settled(verdicts);
      const failed = judgeGroup(group, verdicts, stop);
      if (failed) return failed;
    } else {
      const late = await awaitNeeded(first, sending);
      if (late) return late;
      const verdict = first.awaits ? await sendToNewKind(api, first) : await sendPlanned(api, first);
      progress.sent(verdict);
      if (verdict.outcome !== 'applied') return refused(first, verdict);
    }
  }
  return undefined;
}

/** Waits for what the request needs; `undefined` once it is there. */
async function awaitNeeded(
  { awaits, summary }: PlannedRequest,
  { api, progress, stop, deadlineMs }: Sending,
): Promise<Outcome | undefined> {
  if (!awaits) return undefined;
  await using seen = await observe(api, awaits, stop);
  const timeoutSeconds = Math.max(0, (deadlineMs - performance.now()) / 1000);
  const waiting = { timeoutSeconds, soakSeconds: 0, signal: stop, print: progress.print };
  const outcome = judgeVerification(await awaitChecks(awaits, seen, waiting), Math.ceil(timeoutSeconds));
  return outcome.result === 'succeeded'
    ? undefined
    : { ...outcome, message: `"${summary}" was not sent: ${outcome.message}` };
}

/** A kind is established some moments before every API server serves it; until then the answer is a 404. */
async function sendToNewKind(api: ApiServer, request: PlannedRequest): Promise<RequestVerdict> {
  for (let attempt = 1; ; attempt++) {
    const verdict = await sendPlanned(api, request);
    if (verdict.status !== 404 || attempt === NEW_KIND_ATTEMPTS) return verdict;
    await sleep(NEW_KIND_PAUSE_MS);
  }
}

type Group = readonly [PlannedRequest, ...PlannedRequest[]];

/** In the plan's order: what may be sent together, and everything else by itself. */
function groupsOf(requests: readonly PlannedRequest[]): readonly Group[] {
  const groups: [PlannedRequest, ...PlannedRequest[]][] = [];
  for (const request of requests) {
    const last = groups.at(-1);
    if (last && request.together === true && last[0].together === true) last.push(request);
    else groups.push([request]);
  }
  return groups;
}

/** What the server refused for good comes before what it would take later; `undefined` when all were applied. */
function judgeGroup(
  group: Group,
  verdicts: readonly RequestVerdict[],
  stop: AbortSignal,
): Outcome | undefined {
  const failed = verdicts.filter(({ outcome }) => outcome !== 'applied');
  if (failed.length === 0) return undefined;
  for (const [index, request] of group.entries()) {
    const verdict = verdicts[index];
    if (verdict && verdict.outcome !== 'applied' && verdict.heldBack !== true)
      return refused(request, verdict);
  }
  const waiting = failed.map(({ summary, message }) => `${summary}: ${message ?? ''}`).join('; ');
  const count = `${verdicts.length - failed.length} of ${verdicts.length} done`;
  return stop.aborted
    ? { result: 'cancelled', reasonCode: 'cancelled', message: `stopped with ${count}; waiting: ${waiting}` }
    : {
        result: 'timed-out',
        reasonCode: 'disruption-budget',
        message: `verify-timeout was over with ${count}; still held back: ${waiting}`,
      };
}

function refused(request: PlannedRequest, { summary, outcome, status, message }: RequestVerdict): Outcome {
  const said = `${summary}: ${status === undefined ? '' : `HTTP ${status}, `}${message ?? 'no answer'}`;
  if (outcome === 'unknown') {
    return {
      result: 'failed',
      reasonCode: 'request-unknown',
      message: `it is not known whether this was carried out: ${said}`,
    };
  }
  if (status === undefined) return { result: 'failed', reasonCode: 'cluster-unreachable', message: said };
  return {
    result: 'failed',
    reasonCode: isConflict({ status }, request) ? 'conflict' : 'request-refused',
    message: said,
  };
}

function judgeVerification(
  outcome: Pick<ChecksOutcome, 'kind' | 'reasonCode' | 'detail'>,
  timeoutSeconds: number,
): Outcome {
  switch (outcome.kind) {
    case 'met':
      return {
        result: 'succeeded',
        reasonCode: 'ok',
        message: 'done and verified',
      };
    case 'failed':
      return { result: 'failed', reasonCode: outcome.reasonCode, message: outcome.detail };
    case 'timed-out':
      return {
        result: 'timed-out',
        reasonCode: outcome.reasonCode,
        message: `not verified within verify-timeout of ${timeoutSeconds} s: ${outcome.detail}`,
      };
    case 'stopped':
      return {
        result: 'cancelled',
        reasonCode: 'cancelled',
        message: `stopped during verification: ${outcome.detail}`,
      };
  }
}
