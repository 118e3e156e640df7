/** Which values of a dry run's answer the server has chosen itself, so that it may choose otherwise when it writes. Pure. */
import { sameJson } from '../plan/canonical.ts';
import { isRecord } from '../plan/json.ts';
import { SERVER_CHOICE } from '../plan/server-choice.ts';

/** Of one place: what the manifest says there, and what is there before and after; `undefined` for nothing. */
interface Sides {
  readonly said: unknown;
  readonly before: unknown;
  readonly after: unknown;
}

/** What is after, with the server's choices marked as such. */
export function markChoices(sides: Sides): unknown {
  return mark(sides, false);
}

/** `nodePort: 0` and `clusterIP: ""` ask the server to choose, as leaving them out does. */
export function isLeftToServer(said: unknown, after: unknown): boolean {
  return (said ?? undefined) === undefined || ((said === '' || said === 0) && said !== after);
}

/**
 * `replicas: 3` that was there and that the manifest leaves out goes back to its default: nothing that the server
 * chooses. The `nodePort` of a list's member may be its choice all the same: the one before may be another port's.
 */
function mark({ said, before, after }: Sides, inList: boolean): unknown {
  if (sameJson(before, after)) return after;
  const isChosen = isLeftToServer(said, after);
  if (isChosen && before === undefined) return SERVER_CHOICE;
  if (Array.isArray(after)) return markMembers({ said, before, after });
  if (!isRecord(after)) return isChosen && inList ? SERVER_CHOICE : after;
  const marked = Object.entries(after).map(([key, member]) => [
    key,
    mark({ said: memberOf(said, key), before: memberOf(before, key), after: member }, inList),
  ]);
  return Object.fromEntries(marked);
}

/** By what they are, since what others have put into the list moves their places. */
function markMembers({ said, before, after }: Sides & { readonly after: readonly unknown[] }): unknown {
  const stated: readonly unknown[] = Array.isArray(said) ? said : [];
  const earlier: readonly unknown[] = Array.isArray(before) ? before : [];
  return after.map((member, index) => {
    if (earlier.some((one) => sameJson(one, member))) return member;
    // The server may spell it otherwise; then its place is all there is to go by.
    const own = [stated[index], ...stated].find((one) => isWithin(one, member)) ?? stated[index];
    return mark({ said: own, before: earlier[index], after: member }, true);
  });
}

function isWithin(part: unknown, whole: unknown): boolean {
  if (isRecord(part)) {
    return Object.entries(part).every(
      ([key, member]) =>
        isLeftToServer(member, memberOf(whole, key)) || isWithin(member, memberOf(whole, key)),
    );
  }
  if (!Array.isArray(part)) return sameJson(part, whole);
  return Array.isArray(whole) && part.every((one) => whole.some((other) => isWithin(one, other)));
}

function memberOf(value: unknown, key: string): unknown {
  return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
