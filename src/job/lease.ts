/** Leases of coordination.k8s.io/v1 as journal and locks use them. */
import { isRecord } from '../plan/json.ts';
import type { KubernetesObject, Place, ResourcePath } from '../plan/objects.ts';

export function leasePath(place: Place): ResourcePath {
  return { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', ...place };
}

/** MicroTime: the API server wants exactly six digits, Date gives three. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

/** Who holds a lock or writes a journal: enough to find the pod and to tell it from a later one of its name. */
export interface Holder {
  readonly namespace: string;
  readonly podName: string;
  readonly podUid: string;
}

export function holderIdentity({ namespace, podName, podUid }: Holder): string {
  return `${namespace}/${podName}/${podUid}`;
}

/** `undefined` for what `holderIdentity` has not written. */
export function readHolder(identity: string): Holder | undefined {
  const [namespace, podName, podUid] = identity.split('/');
  return namespace === undefined || podName === undefined || podUid === undefined
    ? undefined
    : { namespace, podName, podUid };
}

/** The empty holder means free. */
export function holderOf(lease: KubernetesObject): string {
  const holder = specOf(lease)['holderIdentity'];
  return typeof holder === 'string' ? holder : '';
}

export function specOf(lease: KubernetesObject): Readonly<Record<string, unknown>> {
  const spec = lease['spec'];
  return isRecord(spec) ? spec : {};
}
