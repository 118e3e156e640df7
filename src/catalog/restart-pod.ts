import { z } from 'zod';
import { BUDGETS } from '../plan/budgets.ts';
import { controllerOf, type KubernetesObject, say } from '../plan/objects.ts';
import type { PlannedRequest } from '../plan/plan.ts';
import { isFinished } from '../plan/pods.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { Action, PlanDraft, Question, Read, Refusal, Snapshot } from './action.ts';
import { controllerPath, deploymentOf, rootOwner } from './pod-owner.ts';
import { planRestart, restartWritableFields } from './restart-template.ts';
import {
  DAEMON_SET,
  DEPLOYMENT,
  notFound,
  POD,
  pathOf,
  podSelectorOf,
  podTemplateOf,
  READ_NAMESPACE,
  REPLICA_SET,
  refOf,
  STATEFUL_SET,
  targetPath,
} from './workloads.ts';

/** Controllers that put a new pod in the place of one that was deleted. */
const RECREATING = [REPLICA_SET, STATEFUL_SET, DAEMON_SET];

const parameters = z.strictObject({
  'grace-period-seconds': z
    .int()
    .min(0)
    .max(300)
    .optional()
    .describe("How long the pod's containers may take to stop; the pod's own setting where left out."),
});

type Parameters = z.infer<typeof parameters>;

export const restartPod: Action<Parameters> = {
  name: 'restart-pod',
  aliases: [],
  summary:
    'Deletes a pod and waits until its controller has a Ready one in its place. For a Deployment, or a pod that is gone, it becomes the rolling restart of the Deployment, and says so.',
  kinds: [POD, DEPLOYMENT],
  parameters,
  permissions: [
    ...READ_NAMESPACE,
    { apiGroups: [''], resources: ['pods'], verbs: ['delete'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: ['apps'], resources: ['replicasets', 'statefulsets', 'daemonsets'], verbs: ['get'] },
    { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
  ],
  writableFields: [restartWritableFields(DEPLOYMENT)],
  scope: 'namespace',
  reversible: false,
  driftsFromSource: false,
  verifyTimeoutSeconds: 180,

  reads(question, seen) {
    const target: Read = { kind: 'get', path: targetPath(question) };
    const pod = seen.get(target.path);
    if (question.kind.kind !== 'Pod' || pod === undefined) return [target];
    return [target, ...(pod === null ? readsOfMissing(question, seen) : readsOfPod(question, seen, pod))];
  },

  plan(question, seen) {
    const target = seen.get(targetPath(question));
    if (question.kind.kind === 'Deployment') {
      return target
        ? planRestart(question, DEPLOYMENT, target, [
            `Asked for ${question.name} as a Deployment: rolling restart.`,
          ])
        : notFound(question);
    }
    return target ? planDelete(question, seen, target) : planFallback(question, seen);
  },
};

/** The Deployment of the pod's own name, or the one that owns the ReplicaSet the pod was named after. */
function readsOfMissing(question: Question<Parameters>, seen: Snapshot): readonly Read[] {
  const replicaSet = pathOf(REPLICA_SET, question.namespace, withoutLastPart(question.name));
  const owner = deploymentOf(seen.get(replicaSet));
  return [
    { kind: 'get', path: pathOf(DEPLOYMENT, question.namespace, question.name) },
    { kind: 'get', path: replicaSet },
    ...(owner === undefined
      ? []
      : [{ kind: 'get', path: pathOf(DEPLOYMENT, question.namespace, owner) } satisfies Read]),
  ];
}

function readsOfPod(question: Question<Parameters>, seen: Snapshot, pod: KubernetesObject): readonly Read[] {
  const controller = controllerPath(RECREATING, question.namespace, pod);
  if (controller === undefined) return [];
  const owner = seen.get(controller);
  const reads: Read[] = [
    { kind: 'get', path: controller },
    { kind: 'list', path: { ...BUDGETS, namespace: question.namespace } },
  ];
  if (owner)
    reads.push({ kind: 'list', path: pathOf(POD, question.namespace), labelSelector: podSelectorOf(owner) });
  const deployment = deploymentOf(owner);
  if (deployment !== undefined)
    reads.push({ kind: 'get', path: pathOf(DEPLOYMENT, question.namespace, deployment) });
  return reads;
}

function planFallback(question: Question<Parameters>, seen: Snapshot): PlanDraft | Refusal {
  const named = seen.get(pathOf(DEPLOYMENT, question.namespace, question.name));
  const replicaSet = seen.get(pathOf(REPLICA_SET, question.namespace, withoutLastPart(question.name)));
  const owner = deploymentOf(replicaSet);
  const owning = owner === undefined ? undefined : seen.get(pathOf(DEPLOYMENT, question.namespace, owner));
  const deployment = named ?? owning;
  if (!deployment) {
    const refusal = notFound(question);
    return {
      ...refusal,
      message: `${refusal.message} No Deployment of that name or with a ReplicaSet of that name exists either.`,
    };
  }
  return planRestart(question, DEPLOYMENT, deployment, [
    `pod/${question.name} does not exist; restarting deployment/${deployment.metadata.name} pod by pod instead.`,
  ]);
}

function planDelete(
  question: Question<Parameters>,
  seen: Snapshot,
  pod: KubernetesObject,
): PlanDraft | Refusal {
  const path = controllerPath(RECREATING, question.namespace, pod);
  const controller = path && seen.get(path);
  if (!controller) return unowned(question, pod);
  const pointless = refusePointless(question, pod, controller);
  if (pointless) return pointless;
  const target = refOf(POD, pod);
  const podSelector = podSelectorOf(controller);
  const siblings = seen.list(pathOf(POD, question.namespace), podSelector) ?? [];
  return {
    kind: 'plan',
    target,
    summary: `restart ${say(target)} in ${question.namespace} by deleting it; ${controllerName(pod)} puts a new one in its place`,
    requests: [deletePod(question, target.uid)],
    checks: [
      {
        kind: 'pod-replaced',
        namespace: question.namespace,
        podName: target.name,
        uid: target.uid,
        controllerUid: controller.metadata.uid,
        podSelector,
        siblings: siblings
          .map((sibling) => sibling.metadata.uid)
          .filter((uid) => uid !== target.uid)
          .toSorted(),
      },
    ],
    undo: {
      kind: 'irreversible',
      reason: 'a deleted pod does not come back; its controller has made a new one',
    },
    locks: [rootOwner(seen, question.namespace, pod)],
    notes: [],
    podTemplates: [{ ...podTemplateOf(POD, controller, true), of: target }],
    podsAffected: 1,
  };
}

function deletePod(question: Question<Parameters>, uid: string): PlannedRequest {
  const object = targetPath(question);
  const grace = question.parameters['grace-period-seconds'];
  return {
    summary: `delete pod/${question.name}`,
    verb: 'delete',
    path: object,
    body: { preconditions: { uid }, ...(grace === undefined ? {} : { gracePeriodSeconds: grace }) },
    effect: { kind: 'gone', object, uid },
    rehearsal: 'yes',
    resendable: true,
  };
}

function unowned(question: Question<Parameters>, pod: KubernetesObject): Refusal {
  const owner = controllerOf(pod);
  const why = owner
    ? `belongs to ${owner.kind.toLowerCase()}/${owner.name}, which is not known to put a new pod in its place`
    : 'has no controller, so nothing would put a new one in its place';
  return {
    kind: 'refusal',
    reasonCode: 'target-unsuitable',
    message: `pod/${question.name} in ${question.namespace} ${why}. Delete it yourself if it is to go.`,
  };
}

/** A pod on its way out, or one that its controller does not count or has no use for, is followed by none. */
function refusePointless(
  question: Question<Parameters>,
  pod: KubernetesObject,
  controller: KubernetesObject,
): Refusal | undefined {
  const name = `pod/${question.name} in ${question.namespace}`;
  if (pod.metadata.deletionTimestamp !== undefined) {
    const message = `${name} is being deleted already (since ${pod.metadata.deletionTimestamp}).`;
    return { kind: 'refusal', reasonCode: 'target-unsuitable', message };
  }
  if (readPointer(controller, '/spec/replicas') === 0) {
    const message = `${name} would not be replaced: ${controllerName(pod)} wants 0 pods. It belongs to an old revision; restart a pod of the current one.`;
    return { kind: 'refusal', reasonCode: 'target-unsuitable', message };
  }
  if (isFinished(pod) && controllerPath([REPLICA_SET], question.namespace, pod) !== undefined) {
    const deployment = deploymentOf(controller);
    const others =
      deployment === undefined ? '' : `; to restart the pods that run, name deployment/${deployment}`;
    const message = `${name} has finished (${sayPhase(pod)}), so ${controllerName(pod)} does not count it and makes no new one when it is deleted. Nothing runs in it: delete it by hand${others}.`;
    return { kind: 'refusal', reasonCode: 'target-unsuitable', message };
  }
  return undefined;
}

/** `Failed: Evicted` */
function sayPhase(pod: KubernetesObject): string {
  return ['phase', 'reason']
    .map((field) => textAt(pod, `/status/${field}`))
    .filter((word) => word !== '')
    .join(': ');
}

function controllerName(pod: KubernetesObject): string {
  const owner = controllerOf(pod);
  return owner ? say(owner) : 'its controller';
}

/** `web-5d4f8c7b9d-x2x7k` → `web-5d4f8c7b9d`, the name of the ReplicaSet that made it. */
function withoutLastPart(podName: string): string {
  const end = podName.lastIndexOf('-');
  return end > 0 ? podName.slice(0, end) : podName;
}
