/** The flow of a Job that rehearses: check → journal → observe, plan and rehearse → answer. It sends nothing but dry runs. */
import type { Planner } from '../catalog/action.ts';
import { findQuestionMisfits } from '../job/declared.ts';
import type { Mounted } from '../job/mounted.ts';
import type { Verdict } from '../plan/verdict.ts';
import { answerQuestion } from '../rehearse/answer-question.ts';
import type { QuestionEnvelope } from '../rehearse/question.ts';
import { MOST_ANSWER_BYTES, openJournalOfPod } from './journal.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import { type ExecutorEdges, jobNameOf, judgeRun, openRun, type PodRun } from './pod-run.ts';

export async function runRehearsal(
  envelope: Mounted,
  planners: readonly Planner[],
  edges: ExecutorEdges,
): Promise<Verdict> {
  const run = openRun(edges);
  if (!('question' in envelope)) {
    const message = 'a plan is mounted where a question was declared';
    return judgeRun(run, { result: 'refused', reasonCode: 'plan-invalid', message });
  }
  run.progress.print(`rehearsal of ${envelope.question.action} for ${envelope.executionId}`);
  const misfits = findQuestionMisfits(envelope, edges.declared, jobNameOf(edges.identity));
  const planner = planners.find(({ name }) => name === envelope.question.action);
  if (misfits.length > 0 || !planner) {
    const message = planner ? misfits.join('; ') : `${envelope.question.action} does not rehearse in a Job`;
    return judgeRun(run, { result: 'refused', reasonCode: 'plan-invalid', message });
  }
  const journal = await openJournalOfPod(edges.api, edges.identity).catch(outcomeOf);
  if (journal && 'reasonCode' in journal) return judgeRun(run, journal);
  if (!journal) {
    const message = 'another pod of this Job has begun already. The journal has what became of it.';
    return judgeRun(run, { result: 'failed', reasonCode: 'interrupted', message });
  }
  const { outcome, answer } = await answerOrFail(envelope, planner, run);
  const verdict = judgeRun(run, outcome);
  await journal.close(verdict, answer);
  return verdict;
}

async function answerOrFail(
  envelope: QuestionEnvelope,
  planner: Planner,
  run: PodRun,
): Promise<{ readonly outcome: Outcome; readonly answer?: string }> {
  try {
    const answer = JSON.stringify(await answerQuestion(envelope, { planner, ...run }));
    if (Buffer.byteLength(answer) <= MOST_ANSWER_BYTES) {
      return { outcome: { result: 'succeeded', reasonCode: 'planned', message: 'rehearsed' }, answer };
    }
    const message = 'the plan is too large for the journal; leave restart-consumers out';
    return { outcome: { result: 'failed', reasonCode: 'target-unsuitable', message } };
  } catch (error) {
    return { outcome: outcomeOf(error) };
  }
}
