import { z } from 'zod';
import type { KubernetesObject } from '../plan/objects.ts';
import type { CollectedObject, CollectItem } from '../plan/plan.ts';
import type { Action, ObjectRead, Question, Snapshot, TargetKind } from './action.ts';
import {
  COLLECTABLE,
  counted,
  fileName,
  findTargets,
  ONLY_READS,
  READ_TARGETS,
  readsOfTargets,
  sayTargets,
  type Targets,
  targetRef,
} from './collect-targets.ts';
import { POD, pathOf, podSelectorOf, REPLICA_SET } from './workloads.ts';

const parameters = z.strictObject({});

type Parameters = z.infer<typeof parameters>;

interface Seen {
  readonly kind: TargetKind;
  readonly object: KubernetesObject;
}

export const collectDiagnostics: Action<Parameters> = {
  name: 'collect-diagnostics',
  aliases: ['diagnose'],
  summary:
    'Collects what the cluster says of workloads and their pods into the artifact: conditions, restarts, Events, and the objects without secret values. Changes nothing and starts no Job.',
  kinds: COLLECTABLE,
  parameters,
  permissions: [...READ_TARGETS, { apiGroups: [''], resources: ['events'], verbs: ['list'] }],
  writableFields: [],
  scope: 'namespace',
  selectable: true,
  reversible: false,
  driftsFromSource: false,
  verifyTimeoutSeconds: 60,

  reads(question, seen) {
    const reads = readsOfTargets(question, seen);
    if (question.kind.kind !== 'Deployment') return reads;
    // The pods' lists have the selectors that the ReplicaSets have too.
    return [...reads, ...reads.filter((read) => read.path.resource === POD.resource).map(toReplicaSets)];
  },

  plan(question, seen) {
    const targets = findTargets(question, seen);
    if (targets.kind === 'refusal') return targets;
    const all = involved(question, targets, seen);
    const objects = all.map((one) => collectedObject(one, question.namespace));
    const { namespace } = question;
    const collects: readonly CollectItem[] = [
      { file: 'diagnostics/overview.md', content: { kind: 'overview', namespace, objects } },
      { file: 'diagnostics/events.txt', content: { kind: 'events', namespace, objects } },
      ...all.map((one) => objectFile(one, namespace)),
    ];
    const pods = question.kind.kind === 'Pod' ? '' : ` and ${counted(targets.pods.length, 'pod')}`;
    return {
      ...ONLY_READS,
      target: targetRef(question, targets),
      summary: `collect diagnostics of ${sayTargets(question, targets.roots.length)}${pods}`,
      collects,
    };
  },
};

function toReplicaSets(read: ObjectRead): ObjectRead {
  return { ...read, path: { ...read.path, group: 'apps', resource: REPLICA_SET.resource } };
}

/** A Deployment's quota troubles are told on its ReplicaSets; those without pods are history. */
function involved(question: Question<Parameters>, targets: Targets, seen: Snapshot): readonly Seen[] {
  const { kind, namespace } = question;
  const replicaSets = targets.roots.flatMap((root) =>
    kind.kind === 'Deployment'
      ? (seen.list(pathOf(REPLICA_SET, namespace), podSelectorOf(root)) ?? []).filter((one) =>
          isCurrentOf(root, one),
        )
      : [],
  );
  const roots = targets.roots.map((object) => ({ kind, object }));
  const pods = kind.kind === 'Pod' ? [] : targets.pods.map((object) => ({ kind: POD, object }));
  return [...roots, ...replicaSets.map((object) => ({ kind: REPLICA_SET, object })), ...pods];
}

function isCurrentOf(deployment: KubernetesObject, replicaSet: KubernetesObject): boolean {
  const owners = replicaSet.metadata.ownerReferences ?? [];
  const spec: unknown = replicaSet['spec'];
  const isEmpty = typeof spec === 'object' && spec !== null && 'replicas' in spec && spec.replicas === 0;
  return owners.some(({ uid }) => uid === deployment.metadata.uid) && !isEmpty;
}

function collectedObject({ kind, object }: Seen, namespace: string): CollectedObject {
  return { path: pathOf(kind, namespace, object.metadata.name), uid: object.metadata.uid };
}

function objectFile(one: Seen, namespace: string): CollectItem {
  const folder = `diagnostics/${one.kind.kind.toLowerCase()}`;
  return {
    file: `${folder}/${fileName(one.object.metadata.name)}.yaml`,
    content: { kind: 'object', ...collectedObject(one, namespace) },
  };
}
