/** The second step of a change of configuration: a rolling restart of those who use it. */
import { say } from '../plan/objects.ts';
import type { PlanDraft, PolicyRule, Question, Refusal, WritableFields } from './action.ts';
import { CHANGE_WORKLOADS, ROLLED_OUT } from './change-template.ts';
import { type Consumer, sayConsumer } from './consumers.ts';
import { planRestart, restartWritableFields } from './restart-template.ts';
import { POD, refOf } from './workloads.ts';

export const RESTART_CONSUMERS: PolicyRule = CHANGE_WORKLOADS;
export const RESTARTED_FIELDS: readonly WritableFields[] = ROLLED_OUT.map(restartWritableFields);

/** `draft` changes the configuration; where it changes nothing, nobody is restarted. */
export function withConsumers(
  question: Question<{ readonly 'restart-consumers': boolean }>,
  draft: PlanDraft,
  consumers: readonly Consumer[],
): PlanDraft | Refusal {
  const listed = { ...draft, notes: [...draft.notes, ...notesOn(question, draft, consumers)] };
  if (!question.parameters['restart-consumers'] || draft.requests.length === 0) return listed;
  const restarts = consumers
    .filter(({ kind }) => kind !== POD)
    .map(({ kind, object }) => planRestart(question, kind, object));
  const refusals = restarts.filter((one) => one.kind === 'refusal');
  const [first] = refusals;
  if (first) {
    const message = `its consumers can't all be restarted:\n${refusals.map(({ message: why }) => `- ${why}`).join('\n')}\nLeave restart-consumers out, and restart them yourself.`;
    return { ...first, message };
  }
  return restarts.filter((one) => one.kind === 'plan').reduce(join, listed);
}

/** What `second` does comes after what `first` does, and so does its undo: restarted pods find the old values. */
function join(first: PlanDraft, second: PlanDraft): PlanDraft {
  return {
    ...first,
    summary: `${first.summary}, then restart ${say(second.target)}`,
    requests: [...first.requests, ...second.requests],
    checks: [...first.checks, ...second.checks],
    undo: joinUndo(first, second),
    locks: [...first.locks, ...second.locks],
    notes: [...new Set([...first.notes, ...second.notes])],
    podTemplates: [...first.podTemplates, ...second.podTemplates],
    podsAffected: first.podsAffected + second.podsAffected,
  };
}

function joinUndo({ undo, requests }: PlanDraft, second: PlanDraft): PlanDraft['undo'] {
  if (undo.kind !== 'requests' || second.undo.kind !== 'requests') return undo;
  const shifted = second.undo.requests.map((one) => ({ ...one, undoes: one.undoes + requests.length }));
  return {
    ...undo,
    requests: [...undo.requests, ...shifted],
    checks: [...undo.checks, ...second.undo.checks],
  };
}

function notesOn(
  { parameters }: Question<{ readonly 'restart-consumers': boolean }>,
  { target, requests }: PlanDraft,
  consumers: readonly Consumer[],
): readonly string[] {
  if (requests.length === 0) return [];
  if (consumers.length === 0) return [`No workload and no pod here uses what changes of ${say(target)}.`];
  if (!parameters['restart-consumers']) return consumers.map(sayConsumer);
  return consumers
    .filter(({ kind }) => kind === POD)
    .map(({ object }) => `${say(refOf(POD, object))} uses it too and is not restarted: no workload has it.`);
}
