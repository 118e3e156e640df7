/** What the actions that only read share: which pods are meant, and what their ServiceAccounts may read. */
import type { KubernetesObject, ObjectRef } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import type { Plan } from '../plan/plan.ts';
import type { ObjectRead, PlanDraft, PolicyRule, Question, Refusal, Snapshot, TargetKind } from './action.ts';
import {
  DAEMON_SET,
  DEPLOYMENT,
  JOB,
  notFound,
  POD,
  pathOf,
  podSelectorOf,
  REPLICA_SET,
  refOf,
  STATEFUL_SET,
  targetPath,
} from './workloads.ts';

export const COLLECTABLE: readonly TargetKind[] = [
  POD,
  DEPLOYMENT,
  STATEFUL_SET,
  DAEMON_SET,
  JOB,
  REPLICA_SET,
];

/** Nothing here lets anybody write. */
export const READ_TARGETS: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['namespaces'], verbs: ['get'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
  {
    apiGroups: ['apps'],
    resources: ['deployments', 'statefulsets', 'daemonsets', 'replicasets'],
    verbs: ['get', 'list'],
  },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list'] },
];

export interface Targets {
  readonly kind: 'targets';
  /** What was named or selected. */
  readonly roots: readonly KubernetesObject[];
  /** Theirs, or they themselves; by name. */
  readonly pods: readonly KubernetesObject[];
}

/** The targets, and then the pods of each. */
export function readsOfTargets(question: Question<unknown>, seen: Snapshot): readonly ObjectRead[] {
  const roots = rootsIn(question, seen);
  const isTooMany = question.selection !== undefined && (roots?.length ?? 0) > question.selection.maxTargets;
  if (roots === undefined || isTooMany || question.kind.kind === 'Pod') return [readOfRoots(question)];
  return [readOfRoots(question), ...roots.flatMap((root) => readOfPods(question, root))];
}

export function findTargets(question: Question<unknown>, seen: Snapshot): Targets | Refusal {
  const roots = rootsIn(question, seen) ?? [];
  const { selection, kind } = question;
  if (roots.length === 0) return selection ? nothingSelected(question) : notFound(question);
  if (selection && roots.length > selection.maxTargets) return tooMany(question, roots.length);
  const pods = kind.kind === 'Pod' ? roots : roots.flatMap((root) => podsOf(question, root, seen));
  const once = new Map(pods.map((pod) => [pod.metadata.uid, pod]));
  const byName = [...once.values()].toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return { kind: 'targets', roots, pods: byName };
}

/** `deployment/web in shop`, `2 pods with app=web in shop`. */
export function sayTargets({ kind, name, selection, namespace }: Question<unknown>, count: number): string {
  const what =
    selection === undefined
      ? say({ kind: kind.kind, name })
      : `${counted(count, kind.kind.toLowerCase())} with ${selection.labels}`;
  return `${what} in ${namespace}`;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

type Reading = Pick<PlanDraft, 'kind' | 'requests' | 'checks' | 'undo' | 'locks' | 'notes'> &
  Pick<PlanDraft, 'podTemplates' | 'podsAffected'>;

/** Of a plan that changes nothing: nothing to send, to lock, to verify or to undo. */
export const ONLY_READS: Reading = {
  kind: 'plan',
  requests: [],
  checks: [],
  undo: { kind: 'requests', requests: [], checks: [] },
  locks: [],
  notes: [],
  podTemplates: [],
  podsAffected: 0,
};

/** Of a selection, the namespace that it selects in. */
export function targetRef(question: Question<unknown>, { roots }: Targets): Plan['target'] {
  const [root] = roots;
  if (root && question.selection === undefined) return refOf(question.kind, root);
  return { apiVersion: 'v1', kind: 'Namespace', name: question.namespace } satisfies ObjectRef;
}

/** A part of a file's name from a name in the cluster: no separator, no leading dot, nothing that an artifact refuses. */
export function fileName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '-').replace(/^\.+/, '-') || '-';
}

function readOfRoots(question: Question<unknown>): ObjectRead {
  const { selection, kind, namespace } = question;
  return selection
    ? { kind: 'list', path: pathOf(kind, namespace), labelSelector: selection.labels }
    : { kind: 'get', path: targetPath(question) };
}

/** `undefined` until they were read. */
function rootsIn(question: Question<unknown>, seen: Snapshot): readonly KubernetesObject[] | undefined {
  const { selection, kind, namespace } = question;
  if (selection) return seen.list(pathOf(kind, namespace), selection.labels);
  const root = seen.get(targetPath(question));
  return root === undefined ? undefined : root === null ? [] : [root];
}

/** An empty selector would select every pod of the namespace. */
function readOfPods({ namespace }: Question<unknown>, root: KubernetesObject): readonly ObjectRead[] {
  const labelSelector = podSelectorOf(root);
  return labelSelector === '' ? [] : [{ kind: 'list', path: pathOf(POD, namespace), labelSelector }];
}

function podsOf(
  { namespace }: Question<unknown>,
  root: KubernetesObject,
  seen: Snapshot,
): readonly KubernetesObject[] {
  return seen.list(pathOf(POD, namespace), podSelectorOf(root)) ?? [];
}

function nothingSelected({ namespace, kind, selection }: Question<unknown>): Refusal {
  return {
    kind: 'refusal',
    reasonCode: 'target-not-found',
    message: `no ${kind.kind.toLowerCase()} in namespace ${namespace} has the labels ${selection?.labels ?? ''}. Check selector, namespace and that the context is of the right cluster.`,
  };
}

function tooMany({ namespace, kind, selection }: Question<unknown>, count: number): Refusal {
  return {
    kind: 'refusal',
    reasonCode: 'too-many-targets',
    message: `${counted(count, kind.kind.toLowerCase())} in namespace ${namespace} have the labels ${selection?.labels ?? ''}, more than the ${selection?.maxTargets ?? 0} that max-targets allows. Narrow the selector, or raise max-targets.`,
  };
}
