import { z } from 'zod';
import { changeFields, undoFields } from '../plan/change-fields.ts';
import { isDataKey, NO_DATA_KEY } from '../plan/kubernetes-names.ts';
import { changeMap, type MapChange, withoutKeys } from '../plan/map-changes.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import { mapAt } from '../plan/pointer.ts';
import type { Action, PlanDraft, Question, Refusal } from './action.ts';
import { bytesOf, fieldChecks, objectionsToData, refuseData, sayKeys } from './change-data.ts';
import { consumersOf, readsOfConsumers } from './consumers.ts';
import { RESTART_CONSUMERS, RESTARTED_FIELDS, withConsumers } from './restart-consumers.ts';
import { CONFIG_MAP, notFound, READ_NAMESPACE, ROLLOUT_SECONDS, refOf, targetPath } from './workloads.ts';

const parameters = z.strictObject({
  data: z
    .record(
      z.string().refine(isDataKey, NO_DATA_KEY),
      z
        .union([z.string(), z.null()])
        .meta({ expectation: 'text (numbers, true and false in quotes), or null to remove the key' }),
    )
    .refine((given) => Object.keys(given).length > 0, 'names no key')
    .describe('A map from key to text; `null` removes the key. Keys not named here stay.'),
  'restart-consumers': z
    .boolean()
    .default(false)
    .describe('Restart the workloads that use one of the keys, pod by pod, once the data is changed.'),
});

type Parameters = z.infer<typeof parameters>;

export const updateConfigMap: Action<Parameters> = {
  name: 'update-configmap',
  aliases: ['modify-configmap', 'patch-configmap', 'apply-configmap'],
  summary:
    'Sets and removes keys of a ConfigMap, lists the workloads that use them and, if asked, restarts those pod by pod. For values that nobody may read there is `update-secret`.',
  kinds: [CONFIG_MAP],
  parameters,
  permissions: [
    ...READ_NAMESPACE,
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'patch'] },
    RESTART_CONSUMERS,
  ],
  writableFields: [
    { apiGroup: '', version: 'v1', resource: 'configmaps', paths: [['data']] },
    ...RESTARTED_FIELDS,
  ],
  scope: 'namespace',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: ROLLOUT_SECONDS,

  reads: (question) => [{ kind: 'get', path: targetPath(question) }, ...readsOfConsumers(question.namespace)],

  plan(question, seen) {
    const object = seen.get(targetPath(question));
    if (!object) return notFound(question);
    const change = changeMap(['data'], mapAt(object, '/data'), question.parameters.data);
    const refusal = refuse(question, object, change);
    if (refusal) return refusal;
    const source = { kind: 'ConfigMap', namespace: question.namespace, name: question.name } as const;
    const keys = change.changed.map(({ key }) => key);
    return withConsumers(question, draft(question, object, change), consumersOf(source, keys, seen));
  },
};

function draft(question: Question<Parameters>, found: KubernetesObject, change: MapChange): PlanDraft {
  const target = refOf(CONFIG_MAP, found);
  const object = targetPath(question);
  const summary = sayKeys(change, target);
  const request = { summary, object, uid: target.uid, fields: change.fields };
  const isChange = change.fields.length > 0;
  const { now, before } = fieldChecks(object, withoutKeys(change.asked));
  return {
    kind: 'plan',
    target,
    summary,
    requests: isChange ? [changeFields(request)] : [],
    checks: [now],
    undo: {
      kind: 'requests',
      requests: isChange
        ? [{ ...undoFields(request, `put back the data of ${say(target)}`), undoes: 0 }]
        : [],
      checks: [before],
    },
    locks: [target],
    notes: [],
    podTemplates: [],
    podsAffected: 0,
  };
}

function refuse(
  question: Question<Parameters>,
  object: KubernetesObject,
  change: MapChange,
): Refusal | undefined {
  const binaryData = mapAt(object, '/binaryData');
  const taken = Object.keys(question.parameters.data).filter((key) => Object.hasOwn(binaryData, key));
  const bytes = bytesOf(change.after, 'utf8') + bytesOf(binaryData, 'base64');
  const objections = [
    ...objectionsToData(object, bytes),
    ...taken.map((key) => `${key} is a key of its binaryData, which this action leaves alone`),
  ];
  return refuseData(question, change, objections);
}
