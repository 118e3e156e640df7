/** Setting and removing keys of a map, such as labels or the data of a ConfigMap. */
import type { FieldChange } from './plan.ts';
import { pointerOf } from './pointer.ts';

export type TextMap = Readonly<Record<string, string>>;

/** `null` removes the key. */
export type AskedKeys = Readonly<Record<string, string | null>>;

export interface KeyChange extends FieldChange {
  readonly key: string;
  readonly before?: string;
  readonly after?: string;
}

export interface MapChange {
  readonly before: TextMap;
  readonly after: TextMap;
  /** One for each key that was named, also where it is as asked. */
  readonly asked: readonly KeyChange[];
  /** Of those, the ones that are to become something else. */
  readonly changed: readonly KeyChange[];
  /** What to write; none where all is as asked. */
  readonly fields: readonly FieldChange[];
}

/** `at` is where the map is in its object; `before` is empty where it is not there. */
export function changeMap(at: readonly string[], before: TextMap, given: AskedKeys): MapChange {
  const asked = Object.entries(given).map(([key, after]) => {
    const was = Object.hasOwn(before, key) ? before[key] : undefined;
    return {
      key,
      pointer: pointerOf([...at, key]),
      ...(was === undefined ? {} : { before: was }),
      ...(after === null ? {} : { after }),
    };
  });
  const kept = Object.entries(before).filter(([key]) => !Object.hasOwn(given, key));
  const set = Object.entries(given).flatMap(([key, value]) => (value === null ? [] : [[key, value]]));
  const changed = asked.filter((one) => one.before !== one.after);
  const after = Object.fromEntries([...kept, ...set]);
  return { before, after, asked, changed, fields: fieldsOf(at, { before, after, changed }) };
}

export function withoutKeys(changes: readonly KeyChange[]): readonly FieldChange[] {
  return changes.map(({ key: _key, ...field }) => field);
}

/** A map that begins or ceases to be there at all is one field: the API server drops one that is empty. */
function fieldsOf(
  at: readonly string[],
  { before, after, changed }: Pick<MapChange, 'before' | 'after' | 'changed'>,
): readonly FieldChange[] {
  const [hadSome, hasSome] = [before, after].map((map) => Object.keys(map).length > 0);
  if (hadSome && hasSome) return withoutKeys(changed);
  return hadSome || hasSome
    ? [{ pointer: pointerOf(at), ...(hadSome ? { before } : {}), ...(hasSome ? { after } : {}) }]
    : [];
}
