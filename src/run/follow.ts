/**
 * Follows an execution to its end. The executor's last write, into its journal, is the result; the container's end
 * stands in for it where it is missing. Never the end of a stream, and never an exit code alone.
 */
import type { ApiServer } from '../cluster/api.ts';
import type { Bell } from '../cluster/bell.ts';
import { listObjects } from '../cluster/typed.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { Verdict } from '../plan/verdict.ts';
import { awaitGone, type GoneLimits, isGone, type Remains, wake } from './await-gone.ts';
import { lastWord, lookNow, openExecutionWatches, type Seen } from './execution-watches.ts';
import { describeWaiting, findStartFailure } from './start-failure.ts';
import type { JobRef } from './stop-execution.ts';

/** How long the journal may come after the container's end: its last write precedes it. */
const JOURNAL_GRACE_MS = 3_000;
/** Events are asked for only where a start takes longer than it should. */
const SLOW_START_MS = 2_000;
const LOOK_AGAIN_MS = 1_500;
const SAY_AGAIN_MS = 15_000;
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
  | { readonly kind: 'lost'; readonly message: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'timeout' };

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
}

/** Opens the watches; the Job need not exist yet. */
export function openFollowing(api: ApiServer, job: JobRef): Following {
  const watches = openExecutionWatches(api, job);
  const { seen, bell } = watches;
  return {
    until: (limits) => until({ api, job, seen, bell }, limits),
    untilGone: (limits) => awaitGone(watches, limits),
    answer: () => seen.answer,
    pod: () => seen.pod,
    hasStarted: () => seen.hasStarted,
    isGone: () => isGone(seen),
    [Symbol.asyncDispose]: () => watches.close(),
  };
}

interface Loop {
  readonly api: ApiServer;
  readonly job: JobRef;
  readonly seen: Seen;
  readonly bell: Bell;
}

async function until(loop: Loop, limits: FollowLimits): Promise<FollowEnd> {
  const { seen, bell } = loop;
  const times: Times = {
    begun: performance.now(),
    said: { text: '', at: 0 },
    started: false,
    endedAt: undefined,
  };
  for (;;) {
    const changed = bell.next();
    noteTimes(seen, times, limits);
    const lookedAt = performance.now();
    const end = await findEnd(loop, times, limits);
    if (end) return end;
    const left = limits.deadlineMs - performance.now();
    if (left <= 0) return { kind: 'timeout' };
    await wake(changed, Math.min(LOOK_AGAIN_MS, left), limits.signal);
    // The time in a queue is not the scheduler's.
    if (seen.job === 'suspended') times.begun += performance.now() - lookedAt;
  }
}

interface Times {
  begun: number;
  /** What was last said of the wait for the start, and when. */
  said: { text: string; at: number };
  started: boolean;
  endedAt: number | undefined;
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
  const end = isOn ? judgeEnd(seen, times.endedAt) : await judgeStart(loop, times, limits);
  return end ?? (limits.signal.aborted ? { kind: 'cancelled' } : undefined);
}

/**
 * A Job that was suspended before its pod had started gets another pod when it is resumed; one that was deleted
 * leaves its pod the time to finish or undo what it has begun, and to say so.
 */
function hasEnded(seen: Seen): boolean {
  const { pod, podGone, hasStarted, job } = seen;
  if (isTakenBack(seen)) return false;
  return (
    (job === 'gone' && (pod === undefined || podGone)) ||
    (podGone && (hasStarted || job === 'finished')) ||
    (pod === undefined && job === 'finished') ||
    readPointer(pod, '/status/containerStatuses/0/state/terminated') !== undefined ||
    readPointer(pod, '/status/phase') === 'Failed'
  );
}

/** Before it had started; the kubelet may call its container terminated all the same. */
function isTakenBack({ podGone, hasStarted, job }: Seen): boolean {
  return !hasStarted && (job === 'suspended' || (podGone && job === 'there'));
}

function judgeEnd(seen: Seen, endedAt: number | undefined): FollowEnd | undefined {
  if (endedAt === undefined || performance.now() - endedAt < JOURNAL_GRACE_MS) return undefined;
  const terminated = readPointer(seen.pod, '/status/containerStatuses/0/state/terminated');
  const verdict = lastWord(seen);
  if (verdict) return { kind: 'verdict', verdict };
  return { kind: 'lost', message: describeLoss(seen, terminated) };
}

function describeLoss({ pod, podGone, job, jobFailure }: Seen, terminated: unknown): string {
  const parts = [
    job === 'gone' ? 'the Job was deleted by somebody else' : '',
    job === 'suspended' ? 'the Job was suspended by somebody else' : '',
    jobFailure === '' ? '' : `the Job failed: ${jobFailure}`,
    podGone ? 'its pod was removed before it wrote a verdict' : '',
    terminated === undefined
      ? ''
      : `the container ended with exit code ${textAt(terminated, '/exitCode')} (${textAt(terminated, '/reason')}) without a verdict: ${textAt(terminated, '/message') || 'no message'}`,
    [readPointer(pod, '/status/reason'), readPointer(pod, '/status/message')]
      .filter((part) => typeof part === 'string')
      .join(': '),
  ];
  return parts.filter((part) => part !== '').join('; ');
}

async function judgeStart(
  { api, job, seen }: Loop,
  times: Times,
  limits: FollowLimits,
): Promise<FollowEnd | undefined> {
  const elapsed = performance.now() - times.begun;
  if (seen.job === 'suspended') sayWaiting(times, limits, `job/${job.name} is suspended: ${RESUMED}`);
  if (elapsed > SLOW_START_MS) {
    seen.warnings = await readWarnings(api, job, seen.pod);
    if (seen.job !== 'suspended') sayWaiting(times, limits, describeWaiting(seen));
  }
  const failure = findStartFailure({
    pod: seen.pod,
    warnings: seen.warnings,
    pullFailures: seen.pullFailures,
  });
  if (failure) return { kind: 'not-started', ...failure };
  if (elapsed < limits.scheduleSeconds * 1000) return undefined;
  await lookNow(api, job, seen);
  if (seen.hasStarted) return undefined;
  return {
    kind: 'not-started',
    reasonCode: 'schedule-timeout',
    message: `the executor did not start within schedule-timeout of ${limits.scheduleSeconds} s: ${describeWaiting(seen)}`,
  };
}

/** When it has changed, and again after a while. */
function sayWaiting({ said }: Times, { report }: FollowLimits, text: string): void {
  const now = performance.now();
  if (text === said.text && now - said.at < SAY_AGAIN_MS) return;
  report(`waiting for the executor to start: ${text}`);
  said.text = text;
  said.at = now;
}

/** Warnings about the Job and its pod, oldest first. */
async function readWarnings(
  api: ApiServer,
  job: JobRef,
  pod: KubernetesObject | undefined,
): Promise<readonly KubernetesObject[]> {
  const path = { group: '', version: 'v1', resource: 'events', namespace: job.namespace };
  const names = [job.name, ...(pod ? [pod.metadata.name] : [])];
  const lists = await Promise.all(
    names.map((name) =>
      listObjects(api, path, { fieldSelector: `involvedObject.name=${name},type=Warning` }).catch(() => ({
        items: [],
      })),
    ),
  );
  return lists.flatMap((list) => list.items).toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
}

function timeOf(event: KubernetesObject): string {
  return textAt(event, '/lastTimestamp') || textAt(event, '/eventTime');
}
