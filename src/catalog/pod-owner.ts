/** Who has a pod, as far as the actions know the kind. */
import { controllerOf, type KubernetesObject, type ObjectRef, type ResourcePath } from '../plan/objects.ts';
import type { Snapshot, TargetKind } from './action.ts';
import { POD, pathOf, REPLICA_SET, refOf } from './workloads.ts';

/** `undefined` where it has none of these kinds. */
export function controllerPath(
  kinds: readonly TargetKind[],
  namespace: string,
  pod: KubernetesObject,
): ResourcePath | undefined {
  const owner = controllerOf(pod);
  const kind = kinds.find((one) => one.kind === owner?.kind && one.apiVersion === owner.apiVersion);
  return kind && owner && pathOf(kind, namespace, owner.name);
}

/** The name of the Deployment that has the ReplicaSet. */
export function deploymentOf(replicaSet: KubernetesObject | null | undefined): string | undefined {
  const owner = replicaSet ? controllerOf(replicaSet) : undefined;
  return owner?.kind === 'Deployment' ? owner.name : undefined;
}

/**
 * What the actions on workloads lock: what is done to a pod excludes what is done to its Deployment, and to another pod
 * of it. An operator above a StatefulSet is no target of theirs, hence no lock.
 */
export function rootOwner(seen: Snapshot, namespace: string, pod: KubernetesObject): ObjectRef {
  const replicaSet = controllerPath([REPLICA_SET], namespace, pod);
  const deployment = deploymentOf(replicaSet && seen.get(replicaSet));
  if (deployment !== undefined)
    return { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name: deployment };
  const owner = controllerOf(pod);
  if (!owner) return refOf(POD, pod);
  const { apiVersion, kind, name } = owner;
  return { apiVersion, kind, namespace, name };
}
