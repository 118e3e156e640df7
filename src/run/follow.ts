/**
 * Follows an execution to its end. The executor's last write, into its journal, is the result; the container's end
 * stands in for it where it is missing. Never the end of a stream, and never an exit code alone.
 */
import type { ApiServer } from '../cluster/api.ts';
import { type Bell, openBell } from '../cluster/bell.ts';
import { listObjects } from '../cluster/typed.ts';
import { watchCollection } from '../cluster/watch.ts';
import { leasePath } from '../execute/lease.ts';
import { ANNOTATION } from '../plan/names.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import { readVerdict, type Verdict } from '../plan/verdict.ts';
import { pullHasFailed } from '../verify/failing-pods.ts';
import { describeWaiting, findStartFailure } from './start-failure.ts';
import { hasStarted, type JobRef, podsPath } from './stop-execution.ts';

/** How long the journal may come after the container's end: its last write precedes it. */
const JOURNAL_GRACE_MS = 3_000;
/** Events are asked for only where a start takes longer than it should. */
const SLOW_START_MS = 2_000;
const LOOK_AGAIN_MS = 1_500;

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
  /** As last seen. */
  pod(): KubernetesObject | undefined;
}

interface Seen {
  pod: KubernetesObject | undefined;
  verdict: Verdict | undefined;
  jobGone: boolean;
  podGone: boolean;
  pullFailures: number;
  isPulling: boolean;
  warnings: readonly KubernetesObject[];
}

/** Opens the watches; the Job need not exist yet. */
export function openFollowing(api: ApiServer, job: JobRef): Following {
  const ending = new AbortController();
  const bell = openBell();
  const seen: Seen = {
    pod: undefined,
    verdict: undefined,
    jobGone: false,
    podGone: false,
    pullFailures: 0,
    isPulling: false,
    warnings: [],
  };
  const watches = [
    watch(
      api,
      podsPath(job.namespace),
      { labelSelector: `batch.kubernetes.io/job-name=${job.name}` },
      (type, pod) => seePod(seen, type, pod),
    ),
    watch(api, leasePath(job.namespace), named(job.name), (_type, lease) => seeJournal(seen, lease)),
    watch(
      api,
      { group: 'batch', version: 'v1', resource: 'jobs', namespace: job.namespace },
      named(job.name),
      (type) => {
        seen.jobGone = type === 'deleted';
      },
    ),
  ].map((start) => start(ending.signal, bell));
  return {
    until: (limits) => until({ api, job, seen, bell }, limits),
    pod: () => seen.pod,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await Promise.allSettled(watches);
    },
  };
}

type Selectors = { readonly labelSelector: string } | { readonly fieldSelector: string };
type Start = (signal: AbortSignal, bell: Bell) => Promise<void>;

function named(name: string): Selectors {
  return { fieldSelector: `metadata.name=${name}` };
}

function watch(
  api: ApiServer,
  path: ResourcePath,
  selectors: Selectors,
  see: (type: string, object: KubernetesObject) => void,
): Start {
  return async (signal, bell) => {
    try {
      for await (const { type, object } of watchCollection(api, path, { ...selectors, signal })) {
        see(type, object);
        bell.ring();
      }
    } catch (error) {
      bell.break(error);
    }
  };
}

function seePod(seen: Seen, type: string, pod: KubernetesObject): void {
  seen.pod = pod;
  seen.podGone = type === 'deleted';
  const failed = pullHasFailed(pod);
  if (failed && !seen.isPulling) seen.pullFailures += 1;
  seen.isPulling = failed;
}

function seeJournal(seen: Seen, lease: KubernetesObject): void {
  const text = lease.metadata.annotations?.[ANNOTATION.verdict];
  const verdict = readVerdict(text);
  if (verdict) seen.verdict = verdict;
}

interface Loop {
  readonly api: ApiServer;
  readonly job: JobRef;
  readonly seen: Seen;
  readonly bell: Bell;
}

async function until(loop: Loop, limits: FollowLimits): Promise<FollowEnd> {
  const { seen, bell } = loop;
  const times: Times = { begun: performance.now(), started: false, endedAt: undefined };
  for (;;) {
    const changed = bell.next();
    noteTimes(seen, times, limits);
    const end = await findEnd(loop, times, limits);
    if (end) return end;
    const left = limits.deadlineMs - performance.now();
    if (left <= 0) return { kind: 'timeout' };
    await wake(changed, Math.min(LOOK_AGAIN_MS, left), limits.signal);
  }
}

interface Times {
  readonly begun: number;
  started: boolean;
  endedAt: number | undefined;
}

function noteTimes(seen: Seen, times: Times, limits: FollowLimits): void {
  if (seen.pod && !times.started && hasStarted(seen.pod)) {
    times.started = true;
    limits.onStarted(seen.pod);
  }
  if (hasEnded(seen)) times.endedAt ??= performance.now();
}

async function findEnd(loop: Loop, times: Times, limits: FollowLimits): Promise<FollowEnd | undefined> {
  const { seen } = loop;
  if (seen.verdict) return { kind: 'verdict', verdict: seen.verdict };
  const isOn = times.started || times.endedAt !== undefined;
  const end = isOn ? judgeEnd(seen, times.endedAt) : await judgeStart(loop, times.begun, limits);
  return end ?? (limits.signal.aborted ? { kind: 'cancelled' } : undefined);
}

function hasEnded({ pod, podGone, jobGone }: Seen): boolean {
  return (
    podGone ||
    jobGone ||
    readPointer(pod, '/status/containerStatuses/0/state/terminated') !== undefined ||
    readPointer(pod, '/status/phase') === 'Failed'
  );
}

function judgeEnd(seen: Seen, endedAt: number | undefined): FollowEnd | undefined {
  if (endedAt === undefined || performance.now() - endedAt < JOURNAL_GRACE_MS) return undefined;
  const terminated = readPointer(seen.pod, '/status/containerStatuses/0/state/terminated');
  const message = readPointer(terminated, '/message');
  const verdict = readVerdict(message);
  if (verdict) return { kind: 'verdict', verdict };
  return { kind: 'lost', message: describeLoss(seen, terminated) };
}

function describeLoss({ pod, podGone, jobGone }: Seen, terminated: unknown): string {
  const parts = [
    jobGone ? 'the Job was deleted by somebody else' : '',
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
  begun: number,
  limits: FollowLimits,
): Promise<FollowEnd | undefined> {
  const elapsed = performance.now() - begun;
  if (elapsed > SLOW_START_MS) {
    seen.warnings = await readWarnings(api, job, seen.pod);
    limits.report(`waiting for the executor to start: ${describeWaiting(seen)}`);
  }
  const failure = findStartFailure({
    pod: seen.pod,
    warnings: seen.warnings,
    pullFailures: seen.pullFailures,
  });
  if (failure) return { kind: 'not-started', ...failure };
  if (elapsed < limits.scheduleSeconds * 1000) return undefined;
  return {
    kind: 'not-started',
    reasonCode: 'schedule-timeout',
    message: `the executor did not start within schedule-timeout of ${limits.scheduleSeconds} s: ${describeWaiting(seen)}`,
  };
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

async function wake(changed: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  const { promise: due, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(1, ms));
  const wakeUp = (): void => resolve();
  signal.addEventListener('abort', wakeUp, { once: true });
  await Promise.race([changed, due]).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', wakeUp);
  });
}
