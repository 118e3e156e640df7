/** Observes, plans and rehearses under the identity of this pod. What it returns leaves the cluster, so no value is in it. */
import type { PlanDraft, Planner, Question, Refusal } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { rehearsalOnly } from '../cluster/rehearsal-only.ts';
import { settle, take } from '../cluster/settle.ts';
import { fillValues } from '../plan/fill-values.ts';
import type { ValueHider } from '../plan/hide-values.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { OWNER_ANNOTATIONS } from '../plan/owner-marks.ts';
import { mapAt, readPointer, textAt } from '../plan/pointer.ts';
import { nameValues, type SecretValues } from '../plan/secret-values.ts';
import { reviewAll, rightsOf } from './access-review.ts';
import { type Observed, observeTarget, readNamespace } from './observe-target.ts';
import type { Answer, QuestionEnvelope } from './question.ts';
import { rehearse } from './rehearse.ts';
import type { RehearsalReport } from './report.ts';

export interface Answering {
  readonly planner: Planner;
  readonly api: ApiServer;
  readonly hider: ValueHider;
}

export async function answerQuestion(
  { question, values }: QuestionEnvelope,
  { planner, api, hider }: Answering,
): Promise<Answer> {
  const asked: Question<unknown> = { ...question, values };
  hider.add(Object.values(values));
  const [permissions, observed, namespaceObject] = await Promise.all([
    reviewAll(api, rightsOf(planner.permissions, question.namespace)),
    settle(observeTarget(api, planner, asked)),
    settle(readNamespace(api, question.namespace)),
  ]);
  if (permissions.some(({ allowed }) => allowed !== 'yes')) return { permissions };
  const seen = take(observed);
  const before = dataOf(seen);
  hider.add(Object.values(before));
  const namespace = take(namespaceObject);
  const draft = planner.plan(asked, seen);
  const answer = {
    permissions,
    draft: withoutTemplates(draft),
    involved: seen.objects.map(onlyMetadata),
    ...(namespace ? { namespaceObject: onlyMetadata(namespace) } : {}),
  };
  if (draft.kind === 'refusal') return answer;
  const known = { ...values, ...nameValues('before', before) };
  const filled: PlanDraft = draft.secret ? fillValues(draft, draft.secret, known) : draft;
  const rehearsal = await rehearse({ draft: filled, observed: seen, api: rehearsalOnly(api) });
  return { ...answer, rehearsal: hideMessages(rehearsal, hider) };
}

/** They are whole pod specs, whose values whoever may read the answer need not be allowed to see. */
function withoutTemplates(draft: PlanDraft | Refusal): PlanDraft | Refusal {
  return draft.kind === 'plan' ? { ...draft, podTemplates: [] } : draft;
}

/** Of every Secret that was read. */
function dataOf({ objects }: Observed): SecretValues {
  return Object.fromEntries(
    objects
      .filter(({ kind }) => kind === 'Secret')
      .flatMap((secret) => Object.entries(mapAt(secret, '/data'))),
  );
}

/** Of annotations those that name an owner, of who manages fields the names alone. */
function onlyMetadata({ apiVersion, kind, metadata }: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const managed = readPointer(metadata, '/managedFields');
  const managers = Array.isArray(managed) ? managed.map((one) => ({ manager: textAt(one, '/manager') })) : [];
  const owners = Object.entries(annotations).filter(([key]) => OWNER_ANNOTATIONS.has(key));
  const kept = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    uid,
    labels,
    annotations: Object.fromEntries(owners),
    ownerReferences,
    managedFields: managers,
  };
  return {
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(kind === undefined ? {} : { kind }),
    metadata: kept,
  };
}

/** Texts of ours have no value in them; the server's may. */
function hideMessages({ requests, findings }: RehearsalReport, { hide }: ValueHider): RehearsalReport {
  return {
    requests: requests.map((one) =>
      one.message === undefined ? one : { ...one, message: hide(one.message) },
    ),
    findings: findings.map((one) => ({ ...one, message: hide(one.message) })),
  };
}
