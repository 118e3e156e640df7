import type { PlanDraft } from '../catalog/action.ts';
import type { Plan } from '../plan/plan.ts';

/** The plan that a draft becomes; the same wherever it is made, so that its hash is. */
export function makePlan(
  draft: PlanDraft,
  { action, scope, at, settings }: Pick<Plan, 'action' | 'scope' | 'at' | 'settings'>,
): Plan {
  return {
    version: 1,
    action,
    scope,
    target: draft.target,
    at,
    summary: draft.summary,
    requests: draft.requests,
    checks: draft.checks,
    undo: draft.undo,
    locks: draft.locks,
    notes: draft.notes,
    ...(draft.collects === undefined ? {} : { collects: draft.collects }),
    ...(draft.secret === undefined ? {} : { secret: draft.secret }),
    settings,
  };
}
