/** For actions that touch Secrets: no token of theirs leaves the cluster, so a Job observes, plans and rehearses. */
import { type PlanDraft, type Question, type Refusal, scopeOf } from '../catalog/action.ts';
import { say } from '../plan/objects.ts';
import { openSight } from '../rehearse/observe-target.ts';
import { type Answer, hashQuestion, type JobQuestion } from '../rehearse/question.ts';
import type { RehearsalReport } from '../rehearse/report.ts';
import type { Asking } from './ask-in-job.ts';
import { type Connected, type Connecting, connect } from './connect.ts';
import { type JobOrder, placed } from './job-manifest.ts';
import type { Looked } from './look-from-here.ts';
import { actionRows, sayNotOptedIn, whereOf } from './permissions.ts';
import { refuseMissing } from './refuse-missing.ts';

/** Puts the question to a Job, and waits for its answer. */
export type AskInJob = (connected: Connected, asking: Asking) => Promise<Answer>;

export async function lookInJob(
  input: Connecting,
  question: Question<unknown>,
  ask: AskInJob,
): Promise<Looked> {
  const { request, options, recording } = input;
  const { action } = request;
  const { namespace } = question;
  const connected = await connect(input, namespace);
  const asked: JobQuestion = {
    ...question,
    action: action.name,
    scope: scopeOf(action, namespace),
  };
  const answer = await ask(connected, { question: asked, order: orderOfQuestion(asked) });
  const where = whereOf(action, namespace, options.jobNamespace);
  const rows = actionRows(where, answer.permissions);
  recording.learn({ permissions: [...recording.known.permissions, ...rows] });
  refuseMissing(rows, sayNotOptedIn(where, rows));
  recording.reach('observed');
  const { draft, rehearsal } = complete(answer);
  return {
    connected,
    draft,
    seen: openSight().seen,
    involved: answer.involved ?? [],
    namespaceObject: answer.namespaceObject,
    autoscalers: undefined,
    rehearse: async () => rehearsal,
    asked,
  };
}

/** An answer with all rights has the rest too, but for the rehearsal of a draft that is a refusal. */
function complete({ draft, rehearsal }: Answer): {
  readonly draft: PlanDraft | Refusal;
  readonly rehearsal: RehearsalReport;
} {
  if (draft?.kind === 'refusal') return { draft, rehearsal: { requests: [], findings: [] } };
  if (draft && rehearsal) return { draft, rehearsal };
  throw new Error('the Job that rehearsed has answered without a plan');
}

function orderOfQuestion(question: JobQuestion): JobOrder {
  const { action, scope, namespace, kind, name } = question;
  const target = say({ kind: kind.kind, name });
  return {
    declared: { planHash: hashQuestion(question), action, scope, rehearses: true },
    target: placed(namespace, target),
    summary: `rehearse ${action} on ${target}; nothing is changed`,
  };
}
