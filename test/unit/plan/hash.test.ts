import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPlan } from '../../../src/plan/hash.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { PLAN, reverseKeys, WEB } from './plans.ts';

/** The same plan, made at another time. */
function madeAt(plan: Plan, at: string): Plan {
  return JSON.parse(JSON.stringify(plan).replaceAll(JSON.stringify(plan.at), JSON.stringify(at)));
}

/** Every leaf's pointer in the plan but those that hold its time. */
function pointersOf(value: unknown, pointer: string): string[] {
  if (typeof value !== 'object' || value === null) return [pointer];
  return Object.entries(value).flatMap(([name, member]) =>
    pointersOf(member, `${pointer}/${name.replaceAll('/', '~1')}`),
  );
}

/** A copy in which the leaf at the pointer is another one. */
function alter(plan: Plan, pointer: string, value: unknown): Plan {
  const copy = structuredClone(plan);
  const end = pointer.lastIndexOf('/');
  const parent = readPointer(copy, pointer.slice(0, end));
  if (typeof parent !== 'object' || parent === null) throw new Error(`nothing at ${pointer}`);
  Reflect.set(parent, pointer.slice(end + 1), value);
  return copy;
}

/** One whose undo is verified by what held before, and by what is verified in any case. */
const UNDONE: Plan = {
  ...PLAN,
  undo: {
    kind: 'requests',
    requests: [],
    checks: [
      { kind: 'object-exists', object: WEB },
      { kind: 'rollout-complete', object: WEB, podSelector: 'app=web', heldBefore: true },
    ],
  },
};
const MOMENTARY = ['/notes/0', '/undo/checks/1/heldBefore'];

const covered = (plan: Plan) =>
  pointersOf(plan, '').filter(
    (pointer) => readPointer(plan, pointer) !== plan.at && !MOMENTARY.includes(pointer),
  );

describe('hashPlan', () => {
  it('is a sha256 in hex', () => {
    expect(hashPlan(PLAN)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('does not depend on the order of keys, so the executor gets the same from the mounted JSON', () => {
    expect(hashPlan(reverseKeys(PLAN) as Plan)).toBe(hashPlan(PLAN));
    expect(hashPlan(JSON.parse(JSON.stringify(PLAN)))).toBe(hashPlan(PLAN));
  });

  it('is the same for the same plan made at another time', () => {
    const later = madeAt(PLAN, '2026-03-01T18:30:59Z');
    expect(later).not.toEqual(PLAN);
    expect(hashPlan(later)).toBe(hashPlan(PLAN));
  });

  it("tells a time that is not the plan's own", () => {
    expect(hashPlan(alter(PLAN, '/requests/0/body/0/value', '2026-03-01T12:00:01Z'))).not.toBe(
      hashPlan(PLAN),
    );
  });

  it('leaves the time out only where it is the whole string', () => {
    const inText = { ...PLAN, summary: `restarted at ${PLAN.at}` };
    expect(hashPlan({ ...inText, summary: 'restarted at 2026-03-02T00:00:00Z' })).not.toBe(hashPlan(inText));
    const named = { ...PLAN, summary: PLAN.at };
    expect(hashPlan(named)).not.toBe(hashPlan({ ...PLAN, summary: '$planAt' }));
  });

  it.each(covered(PLAN))('changes with %s', (pointer) => {
    expect(hashPlan(alter(PLAN, pointer, 'something else'))).not.toBe(hashPlan(PLAN));
  });

  it.each(covered(UNDONE).filter((pointer) => pointer.startsWith('/undo/')))('changes with %s', (pointer) => {
    expect(hashPlan(alter(UNDONE, pointer, 'something else'))).not.toBe(hashPlan(UNDONE));
  });

  it.each([
    ['/notes/0', 'poddisruptionbudget/web lets go of 1 of 2 pods now'],
    ['/undo/checks/1/heldBefore', false],
  ])('does not change with %s, which may be another one the next moment', (pointer, value) => {
    expect(hashPlan(alter(UNDONE, pointer, value))).toBe(hashPlan(UNDONE));
  });

  it('covers which checks of an undo are asked for only where they held before', () => {
    const exempted = alter(UNDONE, '/undo/checks/0/heldBefore', false);
    expect(hashPlan(exempted)).not.toBe(hashPlan(UNDONE));
  });

  it('changes when a request, check or lock is added, taken away or moved', () => {
    const hashes = [
      PLAN,
      { ...PLAN, requests: [] },
      { ...PLAN, requests: [...PLAN.requests, ...PLAN.requests] },
      { ...PLAN, checks: [] },
      { ...PLAN, locks: [] },
    ].map(hashPlan);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('tells apart any two summaries', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const same = hashPlan({ ...PLAN, summary: one }) === hashPlan({ ...PLAN, summary: other });
        expect(same).toBe(one === other);
      }),
    );
  });
});
