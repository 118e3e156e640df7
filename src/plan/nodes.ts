/** Nodes, as far as the safety of what runs on them is concerned. Pure. */
import { conditionOf } from './conditions.ts';
import type { KubernetesObject, ResourcePath } from './objects.ts';
import { readPointer, textAt } from './pointer.ts';

export const NODES: ResourcePath = { group: '', version: 'v1', resource: 'nodes' };

/** The labels and taints of kubeadm, the second until 1.24. */
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
const KEEPS_PODS_OFF = new Set(['NoSchedule', 'NoExecute']);

/** For a list or a watch: the pods bound to this node. */
export function onNode(node: string): string {
  return `spec.nodeName=${node}`;
}

export function isControlPlane(node: KubernetesObject): boolean {
  const keys = [...Object.keys(node.metadata.labels ?? {}), ...taintsOf(node).map(({ key }) => key)];
  return CONTROL_PLANE.some((key) => keys.includes(key));
}

export function isCordoned(node: KubernetesObject): boolean {
  return readPointer(node, '/spec/unschedulable') === true;
}

/** Whether `other` can take what runs on `node`: in order, not cordoned, and without a taint that `node` has not. */
export function canTakeOver(other: KubernetesObject, node: KubernetesObject): boolean {
  const known = new Set(taintsOf(node).map(({ key }) => key));
  return (
    other.metadata.uid !== node.metadata.uid &&
    !isCordoned(other) &&
    conditionOf(other, 'Ready')?.status === 'True' &&
    taintsOf(other).every(({ key, effect }) => !KEEPS_PODS_OFF.has(effect) || known.has(key))
  );
}

function taintsOf(node: KubernetesObject): readonly { readonly key: string; readonly effect: string }[] {
  const taints = readPointer(node, '/spec/taints');
  return Array.isArray(taints)
    ? taints.map((taint: unknown) => ({ key: textAt(taint, '/key'), effect: textAt(taint, '/effect') }))
    : [];
}
