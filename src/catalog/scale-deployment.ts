import { z } from 'zod';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import type { PlannedRequest, UndoCheck } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import { replicasOf } from '../plan/replicas.ts';
import type { Action, PlanDraft, Question, Refusal } from './action.ts';
import {
  DEPLOYMENT,
  notFound,
  podSelectorOf,
  podTemplateOf,
  READ_AUTOSCALERS,
  READ_NAMESPACE,
  refOf,
  targetPath,
} from './workloads.ts';

/** The CRD of the sources allows 0 to 1000. */
const MOST_REPLICAS = 1000;

const increment = z.int().min(-MOST_REPLICAS).max(MOST_REPLICAS).optional();

const parameters = z
  .strictObject({
    replicas: z
      .int()
      .min(0)
      .max(MOST_REPLICAS)
      .optional()
      .describe('How many replicas it shall have. Exactly one of the three is given.'),
    'replicas-increment': increment.describe('How many more; negative for fewer. Also `replicas-increase`.'),
    'replicas-increase': increment.describe('The same as `replicas-increment`.'),
  })
  .refine((given) => Object.values(given).filter((value) => value !== undefined).length === 1, {
    message: 'give exactly one of replicas, replicas-increment and replicas-increase',
  });

type Parameters = z.infer<typeof parameters>;

export const scaleDeployment: Action<Parameters> = {
  name: 'scale-deployment',
  aliases: ['scale', 'scale-replicas', 'modify-replicas'],
  summary:
    'Sets the number of replicas of a Deployment, absolutely or relatively, and waits until all are available.',
  kinds: [DEPLOYMENT],
  parameters,
  permissions: [
    ...READ_NAMESPACE,
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['get', 'patch'] },
    READ_AUTOSCALERS,
  ],
  writableFields: [],
  scope: 'namespace',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: 300,

  reads: (question) => [{ kind: 'get', path: targetPath(question) }],

  plan(question, seen) {
    const deployment = seen.get(targetPath(question));
    if (!deployment) return notFound(question);
    const before = replicasOf(deployment);
    const after = wantedReplicas(question.parameters, before);
    if (after < 0 || after > MOST_REPLICAS) return outOfRange(question, before, after);
    return draft(question, { deployment, before, after });
  },
};

function wantedReplicas(given: Parameters, before: number): number {
  return given.replicas ?? before + (given['replicas-increment'] ?? given['replicas-increase'] ?? 0);
}

function outOfRange(question: Question<Parameters>, before: number, after: number): Refusal {
  return {
    kind: 'refusal',
    reasonCode: 'target-unsuitable',
    message: `deployment/${question.name} has ${before} replicas; the increment would make it ${after}, but it must be from 0 to ${MOST_REPLICAS}.`,
  };
}

interface Change {
  readonly deployment: KubernetesObject;
  readonly before: number;
  readonly after: number;
}

function draft(question: Question<Parameters>, change: Change): PlanDraft {
  const { deployment, before, after } = change;
  const target = refOf(DEPLOYMENT, deployment);
  const object = targetPath(question);
  const podSelector = podSelectorOf(deployment);
  return {
    kind: 'plan',
    target,
    summary: `scale ${say(target)} in ${question.namespace} from ${before} to ${after} replicas`,
    requests: before === after ? [] : [setReplicas(object, target.uid, before, after)],
    checks: [{ kind: 'replicas-available', object, podSelector, replicas: after }],
    undo: {
      kind: 'requests',
      requests: before === after ? [] : [{ ...setReplicas(object, target.uid, after, before), undoes: 0 }],
      checks: undoChecks(object, podSelector, change),
    },
    locks: [target],
    notes: [],
    podTemplates: after > before ? [podTemplateOf(DEPLOYMENT, deployment, false)] : [],
    podsAffected: Math.abs(after - before),
  };
}

/** Only what held before can be asked of the undo: a Deployment that was short of pods may stay so. */
function undoChecks(
  object: ResourcePath,
  podSelector: string,
  { deployment, before, after }: Change,
): readonly UndoCheck[] {
  const count = (field: string): unknown => readPointer(deployment, `/status/${field}`) ?? 0;
  const heldBefore = count('availableReplicas') === before && count('replicas') === before;
  return [
    { kind: 'fields-equal', object, fields: [{ pointer: '/spec/replicas', before: after, after: before }] },
    { kind: 'replicas-available', object, podSelector, replicas: before, heldBefore },
  ];
}

/** Through /scale, so that its ServiceAccount can write nothing else. A Scale of 0 replicas has an empty spec. */
function setReplicas(object: ResourcePath, uid: string, before: number, after: number): PlannedRequest {
  return {
    summary: `set replicas of deployment/${object.name ?? ''} from ${before} to ${after}`,
    verb: 'patch',
    patchType: 'json',
    path: { ...object, subresource: 'scale' },
    body: [
      { op: 'test', path: '/metadata/uid', value: uid },
      before === 0
        ? { op: 'test', path: '/spec', value: {} }
        : { op: 'test', path: '/spec/replicas', value: before },
      { op: 'add', path: '/spec/replicas', value: after },
    ],
    effect: { kind: 'fields', object, fields: [{ pointer: '/spec/replicas', before, after }] },
    rehearsal: 'yes',
    resendable: true,
  };
}
