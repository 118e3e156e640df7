/** What the Job says of itself in its arguments, which admission holds against its labels and annotations. */
import { sameJson } from '../plan/canonical.ts';
import { hashPlan } from '../plan/hash.ts';
import { say } from '../plan/objects.ts';
import type { Envelope, Plan, Scope } from '../plan/plan.ts';
import { hashQuestion, hashValues, type QuestionEnvelope } from '../rehearse/question.ts';
import { watchedBy } from '../verify/watched-by.ts';
import { type RollbackSettings, readRollbackSettings, writeRollbackSettings } from './rollback-settings.ts';

export interface Declared {
  /** Of the plan or, where the Job rehearses, of the question. */
  readonly planHash: string;
  readonly action: string;
  readonly scope: Scope;
  /** For a rollback: the execution to undo, whose plan is mounted in place of one of its own. */
  readonly rollsBack?: string;
  readonly rollbackSettings?: RollbackSettings;
  /** Nothing but dry runs is sent. */
  readonly rehearses?: true;
  /** By `hashValues`, where a question is mounted in place of a plan. */
  readonly valuesHash?: string;
}

/** The arguments of the executor's container, built by the step and read by the executor. */
export function writeArguments({ planHash, action, scope, ...purpose }: Declared): readonly string[] {
  const where = scope.kind === 'namespace' ? `--namespace=${scope.namespace}` : '--cluster';
  const undo = purpose.rollsBack === undefined ? [] : [`--rolls-back=${purpose.rollsBack}`];
  const { rollbackSettings } = purpose;
  const settings = rollbackSettings ? [`--rollback-settings=${writeRollbackSettings(rollbackSettings)}`] : [];
  const rehearse = purpose.rehearses === true ? ['--rehearse'] : [];
  const values = purpose.valuesHash === undefined ? [] : [`--values-hash=${purpose.valuesHash}`];
  return [
    `--plan-hash=${planHash}`,
    `--action=${action}`,
    where,
    ...undo,
    ...settings,
    ...rehearse,
    ...values,
  ];
}

export function readArguments(args: readonly string[]): Declared {
  const value = (name: string): string => {
    const found = args.find((arg) => arg.startsWith(`--${name}=`));
    return found === undefined ? '' : found.slice(name.length + 3);
  };
  const scope: Scope = args.includes('--cluster')
    ? { kind: 'cluster' }
    : { kind: 'namespace', namespace: value('namespace') };
  const rollsBack = value('rolls-back');
  const valuesHash = value('values-hash');
  const rollbackSettings = readRollbackSettings(value('rollback-settings'));
  return {
    planHash: value('plan-hash'),
    action: value('action'),
    scope,
    ...(rollsBack === '' ? {} : { rollsBack }),
    ...(rollbackSettings && { rollbackSettings }),
    ...(args.includes('--rehearse') ? { rehearses: true } : {}),
    ...(valuesHash === '' ? {} : { valuesHash }),
  };
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** What is wrong with the plan for this Job, whose name is `jobName`; the empty list when nothing is. */
export function findMisfits(envelope: Envelope, declared: Declared, jobName: string): readonly string[] {
  const { plan, executionId } = envelope;
  const misfits = thoseThatHold([
    [hashPlan(plan) !== declared.planHash, 'the plan is not the one whose hash the Job declares'],
    // The hash leaves the time out, so it must be one.
    [!RFC_3339.test(plan.at), 'the time of the plan is none'],
    [executionId !== (declared.rollsBack ?? jobName), `the plan is of execution ${executionId}`],
    [
      (declared.rollbackSettings === undefined) !== (declared.rollsBack === undefined),
      'a rollback, and nothing else, declares settings of its own',
    ],
    [plan.action !== declared.action, `the plan is of ${plan.action}, the Job of ${declared.action}`],
    [
      !sameJson(plan.scope, declared.scope),
      'the plan is for another scope than the one that the Job declares',
    ],
  ]);
  return [...misfits, ...findMisplaced(plan, declared.scope)];
}

/** What is wrong with the question for this Job; the empty list when nothing is. */
export function findQuestionMisfits(
  envelope: QuestionEnvelope,
  declared: Declared,
  jobName: string,
): readonly string[] {
  const { question, executionId } = envelope;
  const { action, scope, namespace } = question;
  return thoseThatHold([
    [
      declared.rehearses === true && hashQuestion(question) !== declared.planHash,
      'the question is not the one whose hash the Job declares',
    ],
    [
      hashValues(envelope) !== declared.valuesHash,
      'the values are not the ones whose hash the Job declares: somebody else has put them there',
    ],
    [!RFC_3339.test(question.at), 'the time of the question is none'],
    [executionId !== jobName, `the question is of execution ${executionId}`],
    [action !== declared.action, `the question is about ${action}, the Job of ${declared.action}`],
    [
      !sameJson(scope, declared.scope) || (scope.kind === 'namespace' ? scope.namespace : '') !== namespace,
      'the question is about another scope than the one that the Job declares',
    ],
  ]);
}

function thoseThatHold(
  sentences: readonly (readonly [holds: boolean, sentence: string])[],
): readonly string[] {
  return sentences.flatMap(([holds, sentence]) => (holds ? [sentence] : []));
}

/**
 * A namespaced Job writes, watches and locks in its namespace alone: a lock elsewhere would keep others from their
 * targets. A cluster-scoped one does so where its ClusterRole lets it.
 */
function findMisplaced(plan: Plan, scope: Scope): readonly string[] {
  if (scope.kind === 'cluster') return [];
  const { undo } = plan;
  const requests = undo.kind === 'requests' ? [...plan.requests, ...undo.requests] : plan.requests;
  const awaited = requests.flatMap((request) => request.awaits ?? []);
  const checks = [...plan.checks, ...awaited, ...(undo.kind === 'requests' ? undo.checks : [])];
  const places = [
    ...requests.map(({ summary, path }) => ({ what: `"${summary}"`, namespace: path.namespace })),
    ...requests.map(({ summary, effect }) => ({
      what: `the effect of "${summary}"`,
      namespace: effect.object.namespace,
    })),
    ...checks
      .flatMap(watchedBy)
      .map(({ path }) => ({ what: `a check of ${path.resource}`, namespace: path.namespace })),
    ...(plan.secret
      ? [{ what: 'the Secret that it is about', namespace: plan.secret.object.namespace }]
      : []),
    ...plan.locks.map((lock) => ({ what: `the lock of ${say(lock)}`, namespace: lock.namespace })),
  ];
  return places
    .filter(({ namespace }) => namespace !== scope.namespace)
    .map(({ what }) => `${what} is not for namespace ${scope.namespace}, which the Job declares`);
}
