/** The Lease behind a lock. Every write carries uid and resourceVersion, since a PUT of a deleted Lease would create it. */
import type { ApiResponse, ApiServer } from '../cluster/api.ts';
import { NoAnswer } from '../cluster/errors.ts';
import { requestPath } from '../cluster/path.ts';
import { expectObject, getObject } from '../cluster/typed.ts';
import { holderOf, leasePath, microTime, specOf } from '../job/lease.ts';
import { ANNOTATION, LOCK_NAMESPACE } from '../plan/names.ts';
import type { KubernetesObject, ObjectRef } from '../plan/objects.ts';

export const RENEW_MS = 5_000;
/** A holder that has not renewed for so long is dead if its pod is gone as well. Some renewals may fail within it. */
export const EXPIRES_AFTER_SECONDS = 15;

export interface OneLock {
  /** Of the Lease. */
  readonly name: string;
  readonly target: ObjectRef;
  readonly holder: string;
}

export function lockPath(name?: string) {
  return leasePath({ namespace: LOCK_NAMESPACE, ...(name === undefined ? {} : { name }) });
}

/** The Lease as ours, from the one that was seen free, or from none; `undefined` when somebody was faster. */
export async function takeLease(
  api: ApiServer,
  lock: OneLock,
  lease: KubernetesObject | null,
): Promise<KubernetesObject | undefined> {
  const now = microTime(new Date());
  const transitions = lease ? Number(specOf(lease)['leaseTransitions'] ?? 0) + 1 : 0;
  const spec = {
    holderIdentity: lock.holder,
    leaseDurationSeconds: EXPIRES_AFTER_SECONDS,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: transitions,
  };
  const write = lease
    ? putLease(api, lease, spec)
    : api.send({ method: 'POST', path: requestPath(lockPath()), body: newLease(lock, spec) });
  // Without an answer the next look tells whether it arrived.
  const response = await write.catch(passNoAnswer);
  return response === undefined || response.status === 409 ? undefined : expectObject(response);
}

/** The Lease as renewed; throws `ApiError` (404, 409) where it is no longer ours. */
export async function renewLease(api: ApiServer, lease: KubernetesObject): Promise<KubernetesObject> {
  return expectObject(await rewrite(api, lease, {}));
}

/** Clears the holder. A Lease that is no longer ours (409) or gone needs no release. */
export async function freeLease(api: ApiServer, lease: KubernetesObject): Promise<void> {
  const response = await rewrite(api, lease, { holderIdentity: '' });
  if (response.status !== 409 && response.status !== 404) expectObject(response);
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
    path: requestPath(lockPath(name)),
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: LOCK_NAMESPACE, uid, resourceVersion, annotations },
      spec,
    },
    resendable: true,
  });
}

function passNoAnswer(error: unknown): undefined {
  if (!(error instanceof NoAnswer)) throw error;
}

/** A first attempt whose answer was lost makes the next one a conflict; the Lease is still ours then. */
async function rewrite(api: ApiServer, lease: KubernetesObject, change: object): Promise<ApiResponse> {
  const spec = { ...specOf(lease), ...change, renewTime: microTime(new Date()) };
  const response = await putLease(api, lease, spec);
  if (response.status !== 409) return response;
  const live = await getObject(api, lockPath(lease.metadata.name));
  const isOurs = live?.metadata.uid === lease.metadata.uid && holderOf(live) === holderOf(lease);
  return live && isOurs ? putLease(api, live, spec) : response;
}
