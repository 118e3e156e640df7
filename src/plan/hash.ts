/** The identity of a plan: what is approved is what runs. */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import type { Plan } from './plan.ts';

/** Stands for the plan's time, so that the same plan made later has the same hash. */
const TIME = { $planAt: true };

/** `sha256:` and 64 hex digits over the canonical JSON, every string that equals `plan.at` replaced. */
export function hashPlan(plan: Plan): string {
  const timeless = replaceStrings(plan, plan.at);
  return `sha256:${createHash('sha256').update(canonicalJson(timeless)).digest('hex')}`;
}

function replaceStrings(value: unknown, at: string): unknown {
  if (value === at) return TIME;
  if (Array.isArray(value)) return value.map((member) => replaceStrings(member, at));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceStrings(member, at)]));
}
