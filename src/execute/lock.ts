/**
 * A lock per target: a Lease in one namespace, whoever runs the action. Every write carries uid and
 * resourceVersion, since a PUT of a deleted Lease would create it. Released by clearing the holder, never by
 * deletion, so that `leaseTransitions` keeps growing and serves as a fencing number.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiResponse, ApiServer } from '../cluster/api.ts';
import { ApiError, NoAnswer } from '../cluster/errors.ts';
import { requestPath } from '../cluster/path.ts';
import { expectObject, getObject } from '../cluster/typed.ts';
import { ANNOTATION, LOCK_NAMESPACE } from '../plan/names.ts';
import { groupVersionOf, type KubernetesObject, type ObjectRef, say } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { holderOf, leasePath, microTime, specOf } from './lease.ts';

/** A holder renews every five seconds; one that has not for fifteen is dead if its pod is gone as well. */
const DURATION_SECONDS = 15;
const RENEW_MS = 5_000;
const RETRY_MS = 1_000;

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
  const names = [...new Map(request.targets.map((target) => [lockName(target), target]))].toSorted(
    ([a], [b]) => (a < b ? -1 : 1),
  );
  const held: KubernetesObject[] = [];
  for (const [name, target] of names) {
    const taken = await acquireOne(api, { ...request, name, target }).catch(async (error: unknown) => {
      await Promise.allSettled(held.map((lease) => clearHolder(api, lease)));
      throw error;
    });
    if (typeof taken === 'string') {
      await Promise.all(held.map((lease) => clearHolder(api, lease)));
      return { kind: 'busy', message: taken };
    }
    held.push(taken);
  }
  return { kind: 'held', locks: keepLocks(api, held) };
}

interface OneLock extends LockRequest {
  readonly name: string;
  readonly target: ObjectRef;
}

/** The Lease as ours, or why it could not be had. */
async function acquireOne(api: ApiServer, lock: OneLock): Promise<KubernetesObject | string> {
  const deadline = performance.now() + lock.timeoutSeconds * 1000;
  const stillFor = openStillness();
  for (;;) {
    const lease = await getObject(api, leasePath(LOCK_NAMESPACE, lock.name));
    // The answer to our own first attempt may have been lost.
    if (lease && holderOf(lease) === lock.holder) return lease;
    const state = lease ? await stateOf(api, lease, stillFor(lease)) : 'free';
    if (lease === null || state === 'free') {
      const taken = await take(api, lock, lease);
      if (taken) return taken;
      continue;
    }
    const busy = `${say(lock.target)} is locked by ${describe(lease)}`;
    if (isGivenUp(lock, state, deadline)) return busy;
    lock.print(
      `${busy}; ${state === 'held' ? 'waiting' : 'its pod is gone, waiting for the lease to expire'}`,
    );
    await sleep(RETRY_MS, undefined, { signal: lock.signal }).catch(() => undefined);
  }
}

/** For how long, in milliseconds of our own clock, a Lease has been seen unchanged: clocks of holders may be wrong. */
function openStillness(): (lease: KubernetesObject) => number {
  let last = { version: '', since: 0 };
  return ({ metadata: { resourceVersion = '' } }) => {
    const now = performance.now();
    if (resourceVersion !== last.version) last = { version: resourceVersion, since: now };
    return now - last.since;
  };
}

/** A dead holder's lock is waited for in any case: it expires within seconds. */
function isGivenUp(lock: OneLock, state: 'held' | 'orphaned', deadline: number): boolean {
  const isFutile = state === 'held' && lock.onLocked !== 'wait';
  return isFutile || lock.signal.aborted || performance.now() > deadline;
}

/** A holder is dead only when its pod is finished and its Lease has not moved for its duration, by our own clock. */
async function stateOf(
  api: ApiServer,
  lease: KubernetesObject,
  unchangedMs: number,
): Promise<'free' | 'held' | 'orphaned'> {
  const holder = holderOf(lease);
  if (holder === '') return 'free';
  if (await isUnfinished(api, holder)) return 'held';
  const seconds = Number(specOf(lease)['leaseDurationSeconds'] ?? DURATION_SECONDS);
  return unchangedMs > Math.min(seconds, DURATION_SECONDS) * 1000 ? 'free' : 'orphaned';
}

async function isUnfinished(api: ApiServer, holder: string): Promise<boolean> {
  const [namespace, name, uid] = holder.split('/');
  if (namespace === undefined || name === undefined || uid === undefined) return false;
  const pod = await getObject(api, { group: '', version: 'v1', resource: 'pods', namespace, name });
  const phase = pod && readPointer(pod, '/status/phase');
  return pod?.metadata.uid === uid && phase !== 'Succeeded' && phase !== 'Failed';
}

/** `undefined` when somebody was faster. */
async function take(
  api: ApiServer,
  lock: OneLock,
  lease: KubernetesObject | null,
): Promise<KubernetesObject | undefined> {
  const now = microTime(new Date());
  const transitions = lease ? Number(specOf(lease)['leaseTransitions'] ?? 0) + 1 : 0;
  const spec = {
    holderIdentity: lock.holder,
    leaseDurationSeconds: DURATION_SECONDS,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: transitions,
  };
  const write = lease
    ? putLease(api, lease, spec)
    : api.send({ method: 'POST', path: requestPath(leasePath(LOCK_NAMESPACE)), body: newLease(lock, spec) });
  // Without an answer the next look tells whether it arrived.
  const response = await write.catch(passNoAnswer);
  return response === undefined || response.status === 409 ? undefined : expectObject(response);
}

function newLease(lock: OneLock, spec: unknown): unknown {
  const { kind, namespace, name } = lock.target;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: lock.name,
      namespace: LOCK_NAMESPACE,
      annotations: {
        [ANNOTATION.target]: [kind.toLowerCase(), namespace, name]
          .filter((part) => part !== undefined)
          .join('/'),
      },
    },
    spec,
  };
}

function putLease(api: ApiServer, lease: KubernetesObject, spec: unknown): Promise<ApiResponse> {
  const { name, uid, resourceVersion, annotations } = lease.metadata;
  return api.send({
    method: 'PUT',
    path: requestPath(leasePath(LOCK_NAMESPACE, name)),
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: LOCK_NAMESPACE, uid, resourceVersion, annotations },
      spec,
    },
    resendable: true,
  });
}

function keepLocks(api: ApiServer, held: KubernetesObject[]): HeldLocks {
  const lost = new AbortController();
  let renewing: Promise<unknown> = Promise.resolve();
  const renewAll = async (): Promise<void> => {
    for (const [index, lease] of held.entries()) held[index] = expectObject(await rewrite(api, lease, {}));
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
      await Promise.all(held.map((lease) => clearHolder(api, lease)));
    },
  };
}

function passNoAnswer(error: unknown): undefined {
  if (!(error instanceof NoAnswer)) throw error;
}

/** A first attempt whose answer was lost makes the next one a conflict; the Lease is still ours then. */
async function rewrite(api: ApiServer, lease: KubernetesObject, change: object): Promise<ApiResponse> {
  const spec = { ...specOf(lease), ...change, renewTime: microTime(new Date()) };
  const response = await putLease(api, lease, spec);
  if (response.status !== 409) return response;
  const live = await getObject(api, leasePath(LOCK_NAMESPACE, lease.metadata.name));
  const isOurs = live?.metadata.uid === lease.metadata.uid && holderOf(live) === holderOf(lease);
  return live && isOurs ? putLease(api, live, spec) : response;
}

/** A Lease that is no longer ours (409) or gone needs no release. */
async function clearHolder(api: ApiServer, lease: KubernetesObject): Promise<void> {
  const response = await rewrite(api, lease, { holderIdentity: '' });
  if (response.status !== 409 && response.status !== 404) expectObject(response);
}

function describe(lease: KubernetesObject): string {
  return `execution pod ${holderOf(lease)} since ${textAt(lease, '/spec/acquireTime') || 'an unknown time'}`;
}
