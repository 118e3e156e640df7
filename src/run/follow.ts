/**
 * Follows an execution to its end. The executor's last write, into its journal, is the result; the container's end
 * stands in for it where it is missing. Never the end of a stream, and never an exit code alone.
 */
import type { ApiServer } from '../cluster/api.ts';
import type { Bell } from '../cluster/bell.ts';
import { untilSettled } from '../cluster/pause.ts';
import { openSayAgain } from '../cluster/say-again.ts';
import { isTerminated, type JobRef } from '../job/execution-job.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer } from '../plan/pointer.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { Verdict } from '../plan/verdict.ts';
import { awaitGone, type GoneLimits, isGone, type Remains } from './await-gone.ts';
import { awaitReason } from './await-reason.ts';
import type { ExecutionEvents } from './execution-events.ts';
import { lastWord, lookNow, openExecutionWatches, type Seen } from './execution-watches.ts';
import { mayHaveBegun } from './may-have-begun.ts';
import { describeSilence, isNodeSilent, type Renewals } from './silent-node.ts';
import {
  describeWaited,
  describeWaiting,
  findStartFailure,
  isStillborn,
  type StartState,
} from './start-failure.ts';
import { describeLoss } from './why-ended.ts';

/** How long the journal may come after the container's end: its last write precedes it. */
const JOURNAL_GRACE_MS = 3_000;
/** Events are watched only where a start takes longer than it should. */
const SLOW_START_MS = 2_000;
const LOOK_AGAIN_MS = 1_500;
const RESUMED = 'it starts when whoever suspended it, a queue such as Kueue or a person, resumes it';

export interface FollowLimits {
  readonly scheduleSeconds: number;
  /** As `performance.now()` counts. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly onStarted: (pod: KubernetesObject) => void;
  readonly report: (text: string) => void;
}

export type FollowEnd =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'not-started'; readonly reasonCode: ReasonCode; readonly message: string }
  | Lost
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timeout' };

export interface Lost {
  readonly kind: 'lost';
  readonly message: string;
  /** Whether it may have sent anything. */
  readonly hasBegun: boolean;
  /** Nobody can be asked for its log. */
  readonly isOutOfReach?: true;
}

export interface Following extends AsyncDisposable {
  until(limits: FollowLimits): Promise<FollowEnd>;
  /** For a Job that was deleted before it was seen to start; see `awaitGone`. */
  untilGone(limits: GoneLimits): Promise<Remains>;
  /** Beside the verdict, of a Job that rehearses. */
  answer(): string | undefined;
  /** As last seen. */
  pod(): KubernetesObject | undefined;
  /** Whether the executor's container was ever seen to run or to have run. */
  hasStarted(): boolean;
  /** Whether nothing is left that could act. */
  isGone(): boolean;
  /** See `awaitReason`. */
  whyStopped(signal: AbortSignal): Promise<string>;
}

/** Opens the watches; the Job need not exist yet. */
export function openFollowing(api: ApiServer, job: JobRef): Following {
  const watches = openExecutionWatches(api, job);
  const { seen, bell, events, renewals } = watches;
  return {
    until: (limits) => until({ api, job, seen, bell, events, renewals }, limits),
    untilGone: (limits) => awaitGone(watches, limits),
    answer: () => seen.answer,
    pod: () => seen.pod,
    hasStarted: () => seen.hasStarted,
    isGone: () => isGone(seen),
    whyStopped: (signal) => awaitReason(watches, job, signal),
    [Symbol.asyncDispose]: () => watches.close(),
  };
}

interface Loop {
  readonly api: ApiServer;
  readonly job: JobRef;
  readonly seen: Seen;
  readonly bell: Bell;
  readonly events: ExecutionEvents;
  readonly renewals: Renewals;
}

async function until(loop: Loop, limits: FollowLimits): Promise<FollowEnd> {
  const { seen, bell } = loop;
  const times: Times = {
    begun: performance.now(),
    sayWaiting: openSayAgain((text) => limits.report(`waiting for the executor to start: ${text}`)),
    started: false,
    endedAt: undefined,
    silentSince: undefined,
  };
  for (;;) {
    const changed = bell.next();
    noteTimes(seen, times, limits);
    const lookedAt = performance.now();
    const end = await findEnd(loop, times, limits);
    if (end) return end;
    const left = limits.deadlineMs - performance.now();
    if (left <= 0) return { kind: 'timeout' };
    await untilSettled(changed, Math.min(LOOK_AGAIN_MS, left), limits.signal);
    // The time in a queue is not the scheduler's.
    if (seen.job === 'suspended') times.begun += performance.now() - lookedAt;
  }
}

interface Times {
  begun: number;
  readonly sayWaiting: (text: string) => void;
  started: boolean;
  endedAt: number | undefined;
  /** When the node stopped reporting. */
  silentSince: number | undefined;
}

function noteTimes(seen: Seen, times: Times, limits: FollowLimits): void {
  if (seen.pod && !times.started && seen.hasStarted) {
    times.started = true;
    limits.onStarted(seen.pod);
  }
  times.endedAt = hasEnded(seen) ? (times.endedAt ?? performance.now()) : undefined;
}

async function findEnd(loop: Loop, times: Times, limits: FollowLimits): Promise<FollowEnd | undefined> {
  const { seen } = loop;
  if (seen.verdict) return { kind: 'verdict', verdict: seen.verdict };
  const isOn = times.started || times.endedAt !== undefined;
  const end = isOn ? await judgeEnd(loop, times, limits) : await judgeStart(loop, times, limits);
  return end ?? (limits.signal.aborted ? { kind: 'cancelled' } : undefined);
}

/**
 * A Job that was suspended before its pod had started gets another pod when it is resumed; one that was deleted
 * leaves its pod the time to finish or undo what it has begun, and to say so.
 */
function hasEnded(seen: Seen): boolean {
  const { pod, podGone, hasStarted, job } = seen;
  if (isTakenBack(seen) || isStillborn(pod)) return false;
  return (
    (job === 'gone' && (pod === undefined || podGone)) ||
    (podGone && (hasStarted || job === 'finished')) ||
    (pod === undefined && job === 'finished') ||
    isTerminated(pod) ||
    readPointer(pod, '/status/phase') === 'Failed'
  );
}

/** Before it had started; the kubelet may call its container terminated all the same. */
function isTakenBack({ podGone, hasStarted, job }: Seen): boolean {
  return !hasStarted && (job === 'suspended' || (podGone && job === 'there'));
}

async function judgeEnd(loop: Loop, times: Times, limits: FollowLimits): Promise<FollowEnd | undefined> {
  const { seen, job } = loop;
  if (times.endedAt === undefined) return await judgeNode(loop, times, limits);
  if (performance.now() - times.endedAt < JOURNAL_GRACE_MS) return undefined;
  // The journal has a watch of its own, which may be cut where the pod's is not.
  await lookNow(loop.api, job, seen);
  const verdict = lastWord(seen);
  if (verdict) return { kind: 'verdict', verdict };
  return {
    kind: 'lost',
    message: describeLoss(seen, job),
    hasBegun: await mayHaveBegun(loop.api, job, seen),
  };
}

async function judgeNode(
  { renewals, seen: { pod } }: Loop,
  times: Times,
  { report }: FollowLimits,
): Promise<FollowEnd | undefined> {
  if (!isNodeSilent(pod)) {
    times.silentSince = undefined;
    return undefined;
  }
  if (times.silentSince === undefined) report(`${describeSilence(pod)}; the executor may go on there`);
  times.silentSince ??= performance.now();
  if (!(await renewals.areOver(pod, times.silentSince))) return undefined;
  return {
    kind: 'lost',
    message: `${describeSilence(pod)}, and the executor has not renewed its lock since`,
    hasBegun: true,
    isOutOfReach: true,
  };
}

async function judgeStart(loop: Loop, times: Times, limits: FollowLimits): Promise<FollowEnd | undefined> {
  const { api, job, seen, events } = loop;
  const elapsed = performance.now() - times.begun;
  if (seen.job === 'suspended') times.sayWaiting(`job/${job.name} is suspended: ${RESUMED}`);
  if (elapsed > SLOW_START_MS) {
    events.watch([job.name, ...(seen.pod ? [seen.pod.metadata.name] : [])]);
    if (seen.job !== 'suspended') times.sayWaiting(describeWaiting(stateOf(loop)));
  }
  const failure = findStartFailure(stateOf(loop));
  if (failure) return { kind: 'not-started', ...failure };
  if (elapsed < limits.scheduleSeconds * 1000) return undefined;
  await lookNow(api, job, seen);
  if (seen.hasStarted) return undefined;
  return {
    kind: 'not-started',
    reasonCode: 'schedule-timeout',
    message: `the executor did not start within schedule-timeout of ${limits.scheduleSeconds} s: ${describeWaited(stateOf(loop))}`,
  };
}

function stateOf({ job, seen: { pod, pulls }, events }: Loop): StartState {
  return {
    job: job.name,
    pod,
    events: events.now(),
    eventsBefore: events.before(),
    pullFailures: pod ? pulls.of(pod) : 0,
  };
}
