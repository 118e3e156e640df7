/** The identity of a plan: what is approved is what runs. */
import { hashJson } from './canonical.ts';
import type { Plan } from './plan.ts';

/** Stands for the plan's time, so that the same plan made later has the same hash. */
const TIME = { $planAt: true };

/** As `hashJson` does, every string that equals `plan.at` replaced. */
export function hashPlan(plan: Plan): string {
  return hashJson(replaceStrings(plan, plan.at));
}

function replaceStrings(value: unknown, at: string): unknown {
  if (value === at) return TIME;
  if (Array.isArray(value)) return value.map((member) => replaceStrings(member, at));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceStrings(member, at)]));
}
