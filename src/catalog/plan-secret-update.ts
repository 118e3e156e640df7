/**
 * The planning of `update-secret`. It runs in the cluster, so nothing here loads a schema; and what it returns leaves
 * the cluster, so values of the Secret are told apart and never repeated.
 */
import { changeFields, undoFields } from '../plan/change-fields.ts';
import { isRecord } from '../plan/json.ts';
import { type AskedKeys, changeMap, type MapChange } from '../plan/map-changes.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import type { FieldChange } from '../plan/plan.ts';
import { mapAt, textAt } from '../plan/pointer.ts';
import { referTo, type Side, type ValueReference, valuesOf } from '../plan/secret-values.ts';
import type { PlanDraft, Planner, Question, Refusal, TargetKind } from './action.ts';
import { bytesOf, fieldChecks, objectionsToData, refuseData, sayKeys } from './change-data.ts';
import { consumersOf, readsOfConsumers } from './consumers.ts';
import { RESTART_CONSUMERS, withConsumers } from './restart-consumers.ts';
import { notFound, READ_NAMESPACE, refOf, targetPath } from './workloads.ts';

export const SECRET: TargetKind = {
  apiVersion: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  shortNames: ['secret', 'secrets'],
};

/** Kept by Kubernetes, by Helm and by cluster bootstrap; admission refuses them as well. */
export const KEPT_BY_OTHERS = [
  'kubernetes.io/service-account-token',
  'bootstrap.kubernetes.io/token',
  'helm.sh/release.v1',
] as const;

export interface SecretParameters {
  readonly remove: readonly string[];
  readonly 'restart-consumers': boolean;
}

export const secretPlanner: Planner<SecretParameters> = {
  name: 'update-secret',
  scope: 'namespace',
  permissions: [
    ...READ_NAMESPACE,
    { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch', 'patch'] },
    RESTART_CONSUMERS,
  ],

  reads: (question) => [{ kind: 'get', path: targetPath(question) }, ...readsOfConsumers(question.namespace)],

  plan(question, seen) {
    const object = seen.get(targetPath(question));
    if (!object) return notFound(question);
    const change = changeMap(['data'], mapAt(object, '/data'), askedOf(question));
    const refusal = refuse(question, object, change);
    if (refusal) return refusal;
    const source = { kind: 'Secret', namespace: question.namespace, name: question.name } as const;
    const keys = change.changed.map(({ key }) => key);
    return withConsumers(question, draft(question, object, change), consumersOf(source, keys, seen));
  },
};

function askedOf({ parameters, values = {} }: Question<SecretParameters>): AskedKeys {
  const removed = parameters.remove.map((key) => [key, null] as const);
  return Object.fromEntries([...removed, ...Object.entries(valuesOf('after', values))]);
}

function draft(question: Question<SecretParameters>, found: KubernetesObject, change: MapChange): PlanDraft {
  const target = refOf(SECRET, found);
  const object = targetPath(question);
  const summary = sayKeys(change, target);
  const fields = change.fields.map(withoutValues);
  const request = { summary, object, uid: target.uid, fields };
  const { resourceVersion = '' } = found.metadata;
  const isChange = fields.length > 0;
  const { now, before } = fieldChecks(object, fields);
  return {
    kind: 'plan',
    target,
    summary,
    secret: { object, uid: target.uid, resourceVersion },
    requests: isChange
      ? [changeFields({ ...request, alsoTest: [{ pointer: RESOURCE_VERSION, value: resourceVersion }] })]
      : [],
    checks: [now],
    undo: {
      kind: 'requests',
      requests: isChange
        ? [{ ...undoFields(request, `put back what was in ${say(target)}`), undoes: 0 }]
        : [],
      checks: [before],
    },
    locks: [target],
    notes: isChange
      ? [
          'The values before are kept for the undo in a Secret of the executor, which goes with the Job; the plan and its hash hold no value.',
        ]
      : [],
    podTemplates: [],
    podsAffected: 0,
  };
}

const RESOURCE_VERSION = '/metadata/resourceVersion';

/** The field is one key of the data, or all of it where it begins or ceases to be there. */
function withoutValues({ pointer, before, after }: FieldChange): FieldChange {
  return {
    pointer,
    ...(before === undefined ? {} : { before: referenceFor('before', pointer, before) }),
    ...(after === undefined ? {} : { after: referenceFor('after', pointer, after) }),
  };
}

function referenceFor(
  side: Side,
  pointer: string,
  value: unknown,
): ValueReference | Readonly<Record<string, ValueReference>> {
  if (!isRecord(value)) return referTo(side, pointer.slice('/data/'.length));
  return Object.fromEntries(Object.keys(value).map((key) => [key, referTo(side, key)]));
}

function refuse(
  question: Question<SecretParameters>,
  object: KubernetesObject,
  change: MapChange,
): Refusal | undefined {
  const type = textAt(object, '/type');
  const objections = [
    ...(KEPT_BY_OTHERS.some((kept) => kept === type) ? [`its type is ${type}, which is kept by others`] : []),
    ...objectionsToData(object, bytesOf(change.after, 'base64')),
  ];
  return refuseData(question, change, objections);
}
