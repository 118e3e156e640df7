import { z } from 'zod';
import { BUDGETS } from '../plan/budgets.ts';
import {
  budgetObjections,
  type DrainedPods,
  drainNotes,
  objectionsTo,
  sortPods,
} from '../plan/drain-pods.ts';
import { onNode } from '../plan/nodes.ts';
import { controllerOf, type KubernetesObject, type ObjectRef, type ResourcePath } from '../plan/objects.ts';
import type { PlannedRequest } from '../plan/plan.ts';
import { ALL_PODS, isOfDaemonSet } from '../plan/pods.ts';
import type { Action, PlanDraft, Question, Read, Refusal, Snapshot } from './action.ts';
import { CHANGE_NODES, changeScheduling, NODE, readNodes, SCHEDULING_FIELDS } from './nodes.ts';
import { DAEMON_SET, notFound, pathOf, ROLLOUT_SECONDS, refOf, targetPath } from './workloads.ts';

/** Stands for all drains of a cluster, so that there is one at a time. */
const DRAINS: ObjectRef = { apiVersion: 'v1', kind: 'Cluster', name: 'drain' };

const parameters = z.strictObject({
  'grace-period-seconds': z
    .int()
    .min(0)
    .max(3600)
    .optional()
    .describe("How long the pods' containers may take to stop; each pod's own setting where left out."),
  'delete-local-data': z
    .boolean()
    .default(false)
    .describe('Evict pods that keep data in an emptyDir as well; the data is lost.'),
  'delete-emptydir-data': z.boolean().default(false).describe('The same as `delete-local-data`.'),
  'ignore-daemonsets': z
    .boolean()
    .default(true)
    .describe('Leave pods of DaemonSets on the node; with `false` they are refused.'),
});

type Parameters = z.infer<typeof parameters>;

export const drainNode: Action<Parameters> = {
  name: 'drain-node',
  aliases: ['drain', 'cordon-drain-node'],
  summary:
    'Cordons a node and evicts its pods, waiting for their disruption budgets, until it is free of them. Its undo makes the node schedulable again; evicted pods stay where they are then.',
  kinds: [NODE],
  parameters,
  permissions: [
    CHANGE_NODES,
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    { apiGroups: ['apps'], resources: ['daemonsets'], verbs: ['get'] },
  ],
  writableFields: [SCHEDULING_FIELDS],
  scope: 'cluster',
  reversible: true,
  driftsFromSource: false,
  verifyTimeoutSeconds: ROLLOUT_SECONDS,

  reads(question, seen) {
    const pods: Read = { kind: 'list', path: ALL_PODS, fieldSelector: onNode(question.name) };
    const owners = new Map(
      podsOn(question, seen)
        .flatMap(daemonSetOf)
        .map((path) => [`${path.namespace}/${path.name}`, path]),
    );
    return [
      ...readNodes(question),
      pods,
      { kind: 'list', path: BUDGETS },
      ...[...owners.values()].map((path): Read => ({ kind: 'get', path })),
    ];
  },

  plan(question, seen) {
    const node = seen.get(targetPath(question));
    if (!node) return notFound(question);
    const pods = sortPods(podsOn(question, seen), (pod) =>
      daemonSetOf(pod).some((path) => seen.get(path)?.metadata.uid === controllerOf(pod)?.uid),
    );
    const budgets = seen.list(BUDGETS) ?? [];
    return refusalOf(question, pods, budgets) ?? draft(question, { node, pods, budgets });
  },
};

function podsOn(question: Question<Parameters>, seen: Snapshot): readonly KubernetesObject[] {
  return seen.list(ALL_PODS, undefined, onNode(question.name)) ?? [];
}

function daemonSetOf(pod: KubernetesObject): readonly ResourcePath[] {
  const owner = isOfDaemonSet(pod) ? controllerOf(pod) : undefined;
  return owner ? [pathOf(DAEMON_SET, pod.metadata.namespace ?? '', owner.name)] : [];
}

/** All that speaks against it at once. */
function refusalOf(
  { name, parameters: given, force = false }: Question<Parameters>,
  pods: DrainedPods,
  budgets: readonly KubernetesObject[],
): Refusal | undefined {
  const ofPods = objectionsTo(pods, {
    ignoreDaemonSets: given['ignore-daemonsets'],
    deleteLocalData: given['delete-local-data'] || given['delete-emptydir-data'],
    force,
  });
  const ofBudgets = budgetObjections(pods, budgets);
  const all = [...ofPods, ...ofBudgets];
  if (all.length === 0) return undefined;
  return {
    kind: 'refusal',
    reasonCode: ofPods.length === 0 ? 'disruption-budget' : 'target-unsuitable',
    message: `node/${name} can't be drained as it is:\n${all.map((objection) => `- ${objection}`).join('\n')}`,
  };
}

interface Drain {
  readonly node: KubernetesObject;
  readonly pods: DrainedPods;
  readonly budgets: readonly KubernetesObject[];
}

function draft(question: Question<Parameters>, { node, pods, budgets }: Drain): PlanDraft {
  const { requests: cordon, check, undo } = changeScheduling(question, node, true);
  const { evicted } = pods;
  const target = refOf(NODE, node);
  const requests = [...cordon, ...evicted.map((pod) => evict(pod, question.parameters))];
  const leaves = 'evicted pods stay where their controllers have put them';
  return {
    kind: 'plan',
    target,
    summary:
      requests.length === 0
        ? `leave node/${question.name} drained, as it is already`
        : `drain node/${question.name} of ${evicted.length} ${evicted.length === 1 ? 'pod' : 'pods'}`,
    requests,
    checks: [
      check,
      {
        kind: 'node-drained',
        node: question.name,
        uids: [...evicted, ...pods.terminating].map(({ metadata }) => metadata.uid),
      },
    ],
    undo: {
      kind: 'requests',
      requests: undo.requests,
      checks: [undo.check],
      ...(evicted.length === 0 ? {} : { leaves }),
    },
    locks: [target, DRAINS],
    notes: [
      ...drainNotes(pods, budgets),
      ...(evicted.length === 0 ? [] : [`The undo makes the node schedulable again; ${leaves}.`]),
    ],
    podTemplates: [],
    podsAffected: evicted.length,
  };
}

/** The uid makes a second send harmless: it never hits the pod that came in its place. */
function evict(pod: KubernetesObject, given: Parameters): PlannedRequest {
  const { name, namespace = '', uid } = pod.metadata;
  const object: ResourcePath = { ...ALL_PODS, namespace, name };
  const grace = given['grace-period-seconds'];
  return {
    summary: `evict pod/${name} in ${namespace}`,
    verb: 'evict',
    path: { ...object, subresource: 'eviction' },
    body: { preconditions: { uid }, ...(grace === undefined ? {} : { gracePeriodSeconds: grace }) },
    effect: { kind: 'gone', object, uid },
    rehearsal: 'yes',
    resendable: true,
    together: true,
    waitsForBudget: true,
  };
}
