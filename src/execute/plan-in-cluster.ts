/**
 * For actions that touch Secrets nobody outside sends requests: the executor is asked a question, plans by itself, and goes
 * on only with the plan whose hash the Job declares. So a caller can have done what the planning allows, and nothing else.
 */
import type { Planner } from '../catalog/action.ts';
import { hashPlan } from '../plan/hash.ts';
import type { Envelope } from '../plan/plan.ts';
import { makePlan } from '../rehearse/make-plan.ts';
import { observeTarget } from '../rehearse/observe-target.ts';
import type { QuestionEnvelope } from '../rehearse/question.ts';
import type { Outcome } from './outcome.ts';
import type { PodRun } from './pod-run.ts';

/** Throws where the cluster can't be read. */
export async function planInCluster(
  { executionId, question, values, settings }: QuestionEnvelope,
  planner: Planner,
  { api, declared }: PodRun,
): Promise<Envelope | Outcome> {
  if (settings === undefined) return refused('plan-invalid', 'the question is one for a rehearsal');
  const asked = { ...question, values };
  const draft = planner.plan(asked, await observeTarget(api, planner, asked));
  if (draft.kind === 'refusal') return refused(draft.reasonCode, draft.message);
  const { action, scope, at } = question;
  const plan = makePlan(draft, { action, scope, at, settings });
  if (hashPlan(plan) === declared.planHash) return { executionId, plan, values };
  return refused(
    'conflict',
    `what would be done now is no longer what was planned, because the Secret, or a workload that is restarted with it, has changed since: ${plan.summary}. Plan again`,
  );
}

function refused(reasonCode: Outcome['reasonCode'], message: string): Outcome {
  return { result: 'refused', reasonCode, message: `${message}; nothing was sent` };
}
