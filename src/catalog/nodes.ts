/** What the actions on nodes share: a node taken out of scheduling and put back. */
import { z } from 'zod';
import { changeFields, invertFields, undoFields } from '../plan/change-fields.ts';
import { isCordoned, NODES } from '../plan/nodes.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { FieldsEqual, PlannedRequest, UndoRequest } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type {
  PlanDraft,
  PolicyRule,
  Question,
  Read,
  Refusal,
  Snapshot,
  TargetKind,
  WritableFields,
} from './action.ts';
import { notFound, refOf, targetPath } from './workloads.ts';

export const NODE: TargetKind = {
  apiVersion: 'v1',
  kind: 'Node',
  resource: 'nodes',
  shortNames: ['node', 'nodes', 'no'],
};

/** The others are listed too: the last node that takes pods must stay. */
export const CHANGE_NODES: PolicyRule = {
  apiGroups: [''],
  resources: ['nodes'],
  verbs: ['get', 'list', 'watch', 'patch'],
};

/** The taint that goes with it is the node controller's. */
export const SCHEDULING_FIELDS: WritableFields = {
  apiGroup: '',
  version: 'v1',
  resource: 'nodes',
  paths: [['spec', 'unschedulable']],
};

export const noParameters = z.strictObject({});

export function readNodes(question: Question<unknown>): readonly Read[] {
  return [
    { kind: 'get', path: targetPath(question) },
    { kind: 'list', path: NODES },
  ];
}

export interface Scheduling {
  /** Empty where the node already is as asked. */
  readonly requests: readonly PlannedRequest[];
  readonly check: FieldsEqual;
  readonly undo: { readonly requests: readonly UndoRequest[]; readonly check: FieldsEqual };
}

/**
 * As `kubectl cordon` and `uncordon` do it: true, or not there. Held to uid and old value alone, since nodes have no
 * generation and their resourceVersion moves with every report of the kubelet.
 */
export function changeScheduling(
  question: Question<unknown>,
  node: KubernetesObject,
  cordon: boolean,
): Scheduling {
  const object = targetPath(question);
  const before = readPointer(node, '/spec/unschedulable');
  const field = {
    pointer: '/spec/unschedulable',
    ...(before === undefined ? {} : { before }),
    ...(cordon ? { after: true } : {}),
  };
  const fields = [field];
  const isChange = isCordoned(node) !== cordon;
  const [verb, back] = cordon ? ['cordon', 'uncordon'] : ['uncordon', 'cordon'];
  const request = { summary: `${verb} node/${question.name}`, object, uid: node.metadata.uid, fields };
  return {
    requests: isChange ? [changeFields(request)] : [],
    check: { kind: 'fields-equal', object, fields },
    undo: {
      requests: isChange ? [{ ...undoFields(request, `${back} node/${question.name}`), undoes: 0 }] : [],
      check: { kind: 'fields-equal', object, fields: isChange ? invertFields(fields) : fields },
    },
  };
}

/** The whole plan of an action that does nothing else. */
export function planScheduling(
  question: Question<unknown>,
  seen: Snapshot,
  cordon: boolean,
): PlanDraft | Refusal {
  const node = seen.get(targetPath(question));
  if (!node) return notFound(question);
  const { requests, check, undo } = changeScheduling(question, node, cordon);
  const target = refOf(NODE, node);
  const what = cordon
    ? `cordon node/${question.name}, so that it takes no new pods`
    : `uncordon node/${question.name}, so that it takes new pods`;
  return {
    kind: 'plan',
    target,
    summary:
      requests.length === 0
        ? `leave node/${question.name} ${cordon ? 'cordoned' : 'schedulable'}, as it is already`
        : what,
    requests,
    checks: [check],
    undo: { kind: 'requests', requests: undo.requests, checks: [undo.check] },
    locks: [target],
    notes: [],
    podTemplates: [],
    podsAffected: 0,
  };
}
