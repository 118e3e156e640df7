/** What of the catalogue the executor has in it: the planning of actions that touch Secrets. */
import type { Planner } from './action.ts';
import { secretPlanner } from './plan-secret-update.ts';

export const planners: readonly Planner[] = [secretPlanner];
