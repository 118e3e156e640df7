/**
 * A lock per target: a Lease in one namespace, whoever runs the action. Released by clearing the holder, never by
 * deletion, so that `leaseTransitions` keeps growing and serves as a fencing number.
 */
import { createHash } from 'node:crypto';
import type { ApiServer } from '../cluster/api.ts';
import { ApiError } from '../cluster/errors.ts';
import { openSayAgain } from '../cluster/say-again.ts';
import { getObject } from '../cluster/typed.ts';
import { watchCollection } from '../cluster/watch.ts';
import { podPath } from '../job/execution-job.ts';
import { holderOf, readHolder, specOf } from '../job/lease.ts';
import { groupVersionOf, type KubernetesObject, type ObjectRef, say } from '../plan/objects.ts';
import { isFinished } from '../plan/pods.ts';
import { textAt } from '../plan/pointer.ts';
import {
  EXPIRES_AFTER_SECONDS,
  freeLease,
  lockPath,
  type OneLock,
  RENEW_MS,
  renewLease,
  takeLease,
} from './lock-lease.ts';

const EXPIRES_AFTER_MS = EXPIRES_AFTER_SECONDS * 1000;

export interface LockRequest {
  readonly targets: readonly ObjectRef[];
  readonly holder: string;
  readonly onLocked: 'fail' | 'wait' | 'skip';
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

export interface HeldLocks {
  /** Aborts when a lock could not be renewed: somebody else may hold it now. */
  readonly lost: AbortSignal;
  /** Who held the target's lock last: empty where it was released, or never taken. */
  lastHolder(target: ObjectRef): string;
  release(): Promise<void>;
}

export type Locking =
  | { readonly kind: 'held'; readonly locks: HeldLocks }
  | { readonly kind: 'busy'; readonly message: string };

/** The Lease that stands for a target; the object's uid is left out, so a re-created object keeps its lock. */
export function lockName(target: ObjectRef): string {
  const { group } = groupVersionOf(target.apiVersion);
  const key = [group, target.kind, target.namespace ?? '', target.name].join('/');
  return `lock-${createHash('sha256').update(key).digest('hex').slice(0, 40)}`;
}

/** All or none, in the order of their names, so that two executions can't wait for each other. */
export async function acquireLocks(api: ApiServer, request: LockRequest): Promise<Locking> {
  const { holder } = request;
  const locks = [...new Map(request.targets.map((target) => [lockName(target), target]))]
    .map(([name, target]) => ({ name, target, holder }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const stillness = openStillness();
  const deadline = performance.now() + request.timeoutSeconds * 1000;
  const held: KubernetesObject[] = [];
  const lastHolders = new Map<string, string>();
  for (const [index, lock] of locks.entries()) {
    const waiting = { request, deadline, stillness, others: locks.slice(index + 1) };
    const taken = await acquireOne(api, lock, waiting).catch(async (error: unknown) => {
      await Promise.allSettled(held.map((lease) => freeLease(api, lease)));
      throw error;
    });
    if (typeof taken === 'string') {
      await Promise.all(held.map((lease) => freeLease(api, lease)));
      return { kind: 'busy', message: taken };
    }
    held.push(taken.lease);
    lastHolders.set(lock.name, taken.lastHolder);
  }
  const lastHolder = (target: ObjectRef): string => lastHolders.get(lockName(target)) ?? '';
  return { kind: 'held', locks: { ...keepLocks(api, held), lastHolder } };
}

interface Waiting {
  readonly request: LockRequest;
  /** For all of the locks together, as `performance.now()` counts. */
  readonly deadline: number;
  readonly stillness: Stillness;
  /** Still to be had after this one. */
  readonly others: readonly OneLock[];
}

interface Taken {
  readonly lease: KubernetesObject;
  readonly lastHolder: string;
}

/** The Lease as ours, or why it could not be had. */
async function acquireOne(api: ApiServer, lock: OneLock, waiting: Waiting): Promise<Taken | string> {
  const { request, deadline, stillness, others } = waiting;
  const sayWaiting = openSayAgain(request.print);
  let lastHolder = '';
  for (;;) {
    const lease = await getObject(api, lockPath(lock.name));
    // The answer to our own first attempt may have been lost.
    if (lease && holderOf(lease) === lock.holder) return { lease, lastHolder };
    lastHolder = holderIn(lease);
    const unchangedMs = lease ? stillness(lease) : 0;
    const state = lease ? await stateOf(api, lease, unchangedMs) : 'free';
    if (lease === null || state === 'free') {
      const taken = await takeLease(api, lock, lease);
      if (taken) return { lease: taken, lastHolder };
      continue;
    }
    const busy = `${say(lock.target)} is locked by ${describe(lease)}`;
    if (isGivenUp(request, state, deadline)) return busy;
    sayWaiting(`${busy}; ${WAITS[state]}`);
    // One dead executor leaves all of its locks: they expire side by side.
    if (state === 'orphaned' && unchangedMs === 0) await seeOthers(api, others, stillness);
    await untilWritten(api, lease, waitMs(unchangedMs, deadline), request.signal);
  }
}

function holderIn(lease: KubernetesObject | null): string {
  return lease ? holderOf(lease) : '';
}

const WAITS = { held: 'waiting', orphaned: 'its pod is gone, waiting for the lease to expire' } as const;

/** For how long, in milliseconds of our own clock, a Lease has been seen unchanged: clocks of holders may be wrong. */
type Stillness = (lease: KubernetesObject) => number;

function openStillness(): Stillness {
  const seen = new Map<string, { readonly version: string; readonly since: number }>();
  return ({ metadata: { name, resourceVersion = '' } }) => {
    const now = performance.now();
    const last = seen.get(name);
    if (last?.version === resourceVersion) return now - last.since;
    seen.set(name, { version: resourceVersion, since: now });
    return 0;
  };
}

async function seeOthers(api: ApiServer, others: readonly OneLock[], stillness: Stillness): Promise<void> {
  const leases = await Promise.all(others.map(({ name }) => getObject(api, lockPath(name))));
  for (const lease of leases) if (lease) stillness(lease);
}

/** Until the Lease would expire, were it not written meanwhile; a whole number, as timers want it. */
function waitMs(unchangedMs: number, deadline: number): number {
  const leftMs = Math.max(deadline - performance.now(), 1);
  return Math.ceil(
    Math.min(unchangedMs < EXPIRES_AFTER_MS ? EXPIRES_AFTER_MS - unchangedMs : EXPIRES_AFTER_MS, leftMs),
  );
}

/** Resolves at the next write of the Lease, after so long, or with the signal. */
async function untilWritten(
  api: ApiServer,
  { metadata: { name, resourceVersion = '' } }: KubernetesObject,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const options = {
    fieldSelector: `metadata.name=${name}`,
    resourceVersion,
    signal: AbortSignal.any([signal, AbortSignal.timeout(ms)]),
  };
  for await (const _write of watchCollection(api, lockPath(), options)) return;
}

/** A dead holder's lock is waited for whatever was asked, since it expires within seconds; but never beyond the deadline. */
function isGivenUp({ onLocked, signal }: LockRequest, state: 'held' | 'orphaned', deadline: number): boolean {
  const isFutile = state === 'held' && onLocked !== 'wait';
  return isFutile || signal.aborted || performance.now() > deadline;
}

/**
 * A holder is dead only when its pod is finished or gone and its Lease has not moved for its duration, by our own clock.
 * Of a holder's duration and our own, which may be of another version, the shorter counts.
 */
async function stateOf(
  api: ApiServer,
  lease: KubernetesObject,
  unchangedMs: number,
): Promise<'free' | 'held' | 'orphaned'> {
  const holder = holderOf(lease);
  if (holder === '') return 'free';
  if (await isUnfinished(api, holder)) return 'held';
  const seconds = Number(specOf(lease)['leaseDurationSeconds'] ?? EXPIRES_AFTER_SECONDS);
  return unchangedMs >= Math.min(seconds * 1000, EXPIRES_AFTER_MS) ? 'free' : 'orphaned';
}

async function isUnfinished(api: ApiServer, holder: string): Promise<boolean> {
  const held = readHolder(holder);
  if (held === undefined) return false;
  const pod = await getObject(api, podPath({ namespace: held.namespace, name: held.podName }));
  return pod?.metadata.uid === held.podUid && !isFinished(pod);
}

function keepLocks(api: ApiServer, held: KubernetesObject[]): Pick<HeldLocks, 'lost' | 'release'> {
  const lost = new AbortController();
  let renewing: Promise<unknown> = Promise.resolve();
  const renewAll = async (): Promise<void> => {
    for (const [index, lease] of held.entries()) held[index] = await renewLease(api, lease);
  };
  const timer = setInterval(() => {
    renewing = renewing.then(renewAll).catch((error: unknown) => {
      // Only somebody else's write takes it from us; while our pod lives, nobody may, however late a renewal is.
      if (error instanceof ApiError && (error.status === 409 || error.status === 404)) lost.abort();
    });
  }, RENEW_MS);
  return {
    lost: lost.signal,
    release: async () => {
      clearInterval(timer);
      await renewing;
      await Promise.all(held.map((lease) => freeLease(api, lease)));
    },
  };
}

function describe(lease: KubernetesObject): string {
  return `execution pod ${holderOf(lease)} since ${textAt(lease, '/spec/acquireTime') || 'an unknown time'}`;
}
