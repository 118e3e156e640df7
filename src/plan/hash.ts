/** The identity of a plan: what is approved is what runs. */
import { hashJson } from './canonical.ts';
import { isRecord } from './json.ts';
import type { Plan, Undo } from './plan.ts';

/** Stands for the plan's time, so that the same plan made later has the same hash. */
const TIME = { $planAt: true };

/**
 * As `hashJson` does, without what changes by itself between two plans that do the same: every string that equals
 * `plan.at`, the notes, on which nothing acts, the pods beside one that is restarted, and whether what an undo is verified
 * by held at that moment.
 */
export function hashPlan({ notes: _notes, ...plan }: Plan): string {
  const checks = plan.checks.map((check) => ('siblings' in check ? { ...check, siblings: null } : check));
  return hashJson(replaceStrings({ ...plan, checks, undo: atAnyMoment(plan.undo) }, plan.at));
}

/** That a check is asked for only where it held before is covered, so none can be made one of those. */
function atAnyMoment(undo: Undo): unknown {
  if (undo.kind !== 'requests') return undo;
  const checks = undo.checks.map((check) => ('heldBefore' in check ? { ...check, heldBefore: null } : check));
  return { ...undo, checks };
}

function replaceStrings(value: unknown, at: string): unknown {
  if (value === at) return TIME;
  if (Array.isArray(value)) return value.map((member) => replaceStrings(member, at));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceStrings(member, at)]));
}
