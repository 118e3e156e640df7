import { z } from 'zod';
import type { KubernetesObject } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { Action, PlanDraft, Question, Refusal } from './action.ts';
import {
  CHANGE_WORKLOADS,
  planTemplateChange,
  ROLLED_OUT,
  templateWritableFields,
} from './change-template.ts';
import { historyOf, READ_HISTORY, type Revision, readHistory } from './revision-history.ts';
import { notFound, READ_NAMESPACE, ROLLOUT_SECONDS, targetPath } from './workloads.ts';

const LAST_APPLIED = '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration';

const revision = z.int().min(1).optional();

const parameters = z
  .strictObject({
    revision: revision.describe(
      'The revision to return to, as `kubectl rollout history` numbers them; the one before the current one where left out. At most one of the three is given.',
    ),
    'to-revision': revision.describe('The same as `revision`.'),
    'rollback-revision': revision.describe('The same as `revision`.'),
  })
  .refine((given) => Object.values(given).filter((value) => value !== undefined).length <= 1, {
    message: 'give at most one of revision, to-revision and rollback-revision',
  });

type Parameters = z.infer<typeof parameters>;

export const rollbackDeployment: Action<Parameters> = {
  name: 'rollback-deployment',
  aliases: ['rollback', 'rollout-undo', 'proactive-rollback', 'rollback-statefulset', 'rollback-daemonset'],
  summary:
    'Returns the pod template of a Deployment, StatefulSet or DaemonSet to an earlier revision, as `kubectl rollout undo` does, and waits until the rollout is complete. Replicas, ConfigMaps and Secrets stay as they are.',
  kinds: ROLLED_OUT,
  parameters,
  permissions: [...READ_NAMESPACE, CHANGE_WORKLOADS, READ_HISTORY],
  writableFields: ROLLED_OUT.map((kind) => templateWritableFields(kind, [['spec', 'template']])),
  scope: 'namespace',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: ROLLOUT_SECONDS,

  reads(question, seen) {
    const path = targetPath(question);
    const workload = seen.get(path);
    return [{ kind: 'get', path }, ...(workload ? [readHistory(question, workload)] : [])];
  },

  plan(question, seen) {
    const workload = seen.get(targetPath(question));
    if (!workload) return notFound(question);
    const history = historyOf(question, workload, seen);
    const chosen = choose(question, workload, history);
    return 'kind' in chosen ? chosen : planReturn(question, workload, chosen, history);
  },
};

function choose(
  question: Question<Parameters>,
  workload: KubernetesObject,
  history: readonly Revision[],
): Revision | Refusal {
  const asked = Object.values(question.parameters).find((value) => value !== undefined);
  const chosen =
    asked === undefined
      ? history.find(({ isCurrent }) => !isCurrent)
      : history.find(({ number }) => number === asked);
  if (chosen && !chosen.isCurrent) return chosen;
  return refuseRevision(question, workload, { asked, history, isCurrent: chosen !== undefined });
}

interface Asked {
  readonly asked: number | undefined;
  readonly history: readonly Revision[];
  readonly isCurrent: boolean;
}

function refuseRevision(
  question: Question<Parameters>,
  workload: KubernetesObject,
  { asked, history, isCurrent }: Asked,
): Refusal {
  const name = `${say({ kind: question.kind.kind, name: question.name })} in ${question.namespace}`;
  const numbers = history.map(({ number, isCurrent: now }) => `${number}${now ? ' (current)' : ''}`);
  const limit = textAt(workload, '/spec/revisionHistoryLimit') || '10';
  const left = `There are the revisions ${numbers.join(', ') || 'none'}; its revisionHistoryLimit is ${limit}.`;
  const refuse = (message: string): Refusal => ({
    kind: 'refusal',
    reasonCode: 'target-unsuitable',
    message: `${message} ${left}`,
  });
  if (asked === undefined) {
    return refuse(
      `${name} has no earlier revision left to return to. Apply the manifest that it shall have, or give it an image with update-image.`,
    );
  }
  return refuse(isCurrent ? `${name} is at revision ${asked} already.` : `${name} has no revision ${asked}.`);
}

function planReturn(
  question: Question<Parameters>,
  workload: KubernetesObject,
  { number, template }: Revision,
  history: readonly Revision[],
): PlanDraft | Refusal {
  const name = say({ kind: question.kind.kind, name: question.name });
  const current = history.find(({ isCurrent }) => isCurrent);
  const from = current ? `from revision ${current.number} ` : '';
  return planTemplateChange({
    kind: question.kind,
    workload,
    summary: `return ${name} in ${question.namespace} ${from}to revision ${number}`,
    change: `set the pod template of ${name} to that of revision ${number}`,
    takeBack: `put back the pod template of ${name}`,
    fields: [{ pointer: '/spec/template', before: readPointer(workload, '/spec/template'), after: template }],
    notes: notesOn(workload, { number, template }),
  });
}

function notesOn(
  workload: KubernetesObject,
  { number, template }: Pick<Revision, 'number' | 'template'>,
): readonly string[] {
  const [now, then] = [readPointer(workload, '/spec/template'), template].map(accountOf);
  return [
    ...(now === then ? [] : [`Its pods will run as serviceaccount ${then} in place of ${now}.`]),
    `The controller gives the template of revision ${number} a new number, the highest one.`,
    ...(readPointer(workload, LAST_APPLIED) === undefined
      ? []
      : ['It was made with kubectl apply: applying the same manifest again undoes this rollback.']),
  ];
}

function accountOf(template: unknown): string {
  return (
    textAt(template, '/spec/serviceAccountName') || textAt(template, '/spec/serviceAccount') || 'default'
  );
}
