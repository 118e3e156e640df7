import { z } from 'zod';
import { changeFields, invertFields, undoFields } from '../plan/change-fields.ts';
import { isRecord, isStringMap } from '../plan/json.ts';
import { isLabelKey, isLabelValue } from '../plan/kubernetes-names.ts';
import { type AskedKeys, changeMap, type MapChange, withoutKeys } from '../plan/map-changes.ts';
import { controllerOf, type KubernetesObject, say } from '../plan/objects.ts';
import { mapAt, pointerOf, readPointer } from '../plan/pointer.ts';
import type { Action, PlanDraft, Question, Read, Refusal, Snapshot } from './action.ts';
import { CHANGE_WORKLOADS, ROLLED_OUT } from './change-template.ts';
import { rootOwner } from './pod-owner.ts';
import {
  joinedServices,
  objectionsOfController,
  objectionsOfServices,
  readsOfSelectors,
} from './pod-selectors.ts';
import {
  CONFIG_MAP,
  notFound,
  POD,
  pathOf,
  READ_NAMESPACE,
  refOf,
  SERVICE,
  targetPath,
} from './workloads.ts';

const KINDS = [...ROLLED_OUT, POD, SERVICE, CONFIG_MAP];

const LABELS = ['metadata', 'labels'];
/** Controllers go by these without a selector, and they have no prefix that would say so. */
const OF_CONTROLLERS = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'controller-uid',
  'job-name',
]);
const PART = 'at most 63 of A-Z, a-z, 0-9, "-", "_" and ".", beginning and ending with a letter or digit';
const NO_VALUE = `has a value that no label can have: expected nothing, or ${PART}`;

const parameters = z.strictObject({
  labels: z
    .record(
      z.string().superRefine((key, context) => {
        const message = objectionToKey(key);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      }),
      z
        .union([z.string(), z.null()])
        .refine((value) => isLabelValue(value ?? ''), NO_VALUE)
        .meta({ expectation: 'text (numbers, true and false in quotes), or null to remove the label' }),
    )
    .refine((given) => Object.keys(given).length > 0, 'names no label')
    .describe('A map from label to value; `null` removes the label. Labels not named here stay.'),
});

type Parameters = z.infer<typeof parameters>;

/** The API server's own rules, and the prefixes that Kubernetes keeps for its components. */
function objectionToKey(key: string): string | undefined {
  if (!isLabelKey(key)) {
    return `is no label: expected ${PART}; before that there may be a DNS name and "/"`;
  }
  const prefix = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  if (prefix !== 'app.kubernetes.io' && /(^|\.)(kubernetes|k8s)\.io$/.test(prefix)) {
    return `is refused: labels of ${prefix} belong to Kubernetes and its controllers; of theirs, only app.kubernetes.io/… is for users`;
  }
  return undefined;
}

export const labelResource: Action<Parameters> = {
  name: 'label-resource',
  aliases: ['update-labels', 'label'],
  summary:
    'Sets and removes labels of a workload, Pod, Service or ConfigMap itself. Refused for a Pod that its controller or a Service would lose by it; a workload gives its pods other labels only through its template, which stays as it is.',
  kinds: KINDS,
  parameters,
  permissions: [
    ...READ_NAMESPACE,
    CHANGE_WORKLOADS,
    {
      apiGroups: [''],
      resources: ['pods', 'services', 'configmaps'],
      verbs: ['get', 'list', 'watch', 'patch'],
    },
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['get'] },
    { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get'] },
  ],
  writableFields: KINDS.map((kind) => {
    const { group, version, resource } = pathOf(kind, '');
    return { apiGroup: group, version, resource, paths: [LABELS] };
  }),
  scope: 'namespace',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: 30,

  reads(question, seen) {
    const target: Read = { kind: 'get', path: targetPath(question) };
    const pod = isPod(question) ? seen.get(target.path) : undefined;
    return pod ? [target, ...readsOfSelectors(question, pod)] : [target];
  },

  plan(question, seen) {
    const object = seen.get(targetPath(question));
    if (!object) return notFound(question);
    const change = changeOf(object, question.parameters.labels);
    const refusal = isPod(question) ? refusePod(question, seen, change) : undefined;
    return refusal ?? draft(question, seen, change);
  },
};

function isPod({ kind }: Question<Parameters>): boolean {
  return kind.kind === POD.kind;
}

interface Change extends MapChange {
  readonly object: KubernetesObject;
}

function changeOf(object: KubernetesObject, given: AskedKeys): Change {
  return { object, ...changeMap(LABELS, mapAt(object, pointerOf(LABELS)), given) };
}

function draft(question: Question<Parameters>, seen: Snapshot, change: Change): PlanDraft {
  const target = refOf(question.kind, change.object);
  const name = say(target);
  const object = targetPath(question);
  const { changed } = change;
  const what = changed
    .map(({ key, after }) => (after === undefined ? `remove ${key}` : `set ${key}=${after}`))
    .join(', ');
  const request = { summary: `${what} on ${name}`, object, uid: target.uid, fields: change.fields };
  const fields = withoutKeys(change.asked);
  return {
    kind: 'plan',
    target,
    summary:
      what === ''
        ? `leave the labels of ${name} in ${question.namespace}, which are as asked already`
        : `change labels of ${name} in ${question.namespace}: ${what}`,
    requests: what === '' ? [] : [changeFields(request)],
    checks: [{ kind: 'fields-equal', object, fields }],
    undo: {
      kind: 'requests',
      requests: what === '' ? [] : [{ ...undoFields(request, `put back the labels of ${name}`), undoes: 0 }],
      checks: [{ kind: 'fields-equal', object, fields: invertFields(fields) }],
    },
    locks: [isPod(question) ? rootOwner(seen, question.namespace, change.object) : target],
    notes: what === '' ? [] : notesOf(question, seen, change),
    podTemplates: [],
    podsAffected: 0,
  };
}

function notesOf(question: Question<Parameters>, seen: Snapshot, change: Change): readonly string[] {
  const { object } = change;
  const name = say(refOf(question.kind, object));
  if (isPod(question)) {
    return [
      ...joinedServices(question, seen, change).map((one) => `${one} begins to send requests to ${name}.`),
      controllerOf(object)
        ? 'The labels go with the pod: one that takes its place has those of the template.'
        : 'No controller has this pod; one whose selector takes its new labels would adopt it.',
      'NetworkPolicies and PodDisruptionBudgets that select pods by these labels are not looked at.',
    ];
  }
  if (question.kind.kind === CONFIG_MAP.kind) return [];
  const used = change.changed.flatMap(({ key }) => (selectorKeys(object).has(key) ? [key] : []));
  return [
    `Only ${name} itself is labelled; its pods stay as they are.`,
    ...(used.length === 0
      ? []
      : [`${used.join(', ')} is also in the selector of ${name}, which is about pods and stays as it is.`]),
  ];
}

/** Of a workload or a Service. */
function selectorKeys(object: KubernetesObject): ReadonlySet<string> {
  const selector = readPointer(object, '/spec/selector');
  if (isStringMap(selector)) return new Set(Object.keys(selector));
  const labels = readPointer(selector, '/matchLabels');
  const expressions = readPointer(selector, '/matchExpressions');
  return new Set([
    ...Object.keys(isRecord(labels) ? labels : {}),
    ...(Array.isArray(expressions) ? expressions.map((one) => String(readPointer(one, '/key'))) : []),
  ]);
}

/** All that speaks against it at once. */
function refusePod(question: Question<Parameters>, seen: Snapshot, change: Change): Refusal | undefined {
  const { changed } = change;
  const objections = [
    ...objectionsOfController(question, seen, {
      ...change,
      replaced: changed.flatMap(({ key, before }) => (before === undefined ? [] : [key])),
    }),
    ...objectionsOfServices(question, seen, change),
    ...changed
      .filter(({ key }) => OF_CONTROLLERS.has(key))
      .map(({ key }) => `${key} is a label by which controllers know their pods`),
  ];
  if (objections.length === 0) return undefined;
  return {
    kind: 'refusal',
    reasonCode: 'target-unsuitable',
    message: `the labels of pod/${question.name} can't be changed so:\n${objections.map((one) => `- ${one}`).join('\n')}\nLeave these labels out, or change the selector first.`,
  };
}
