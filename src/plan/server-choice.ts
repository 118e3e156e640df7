/**
 * Some values the API server chooses itself as it writes, and its dry run shows another than will be: the node ports of a
 * Service, its address. What stands for such a value in a plan holds against any.
 */
import { sameJson } from './canonical.ts';
import { isRecord } from './json.ts';
import { pointerOf, readPointer } from './pointer.ts';

const MARK = '$chosenBy';

export const SERVER_CHOICE: Readonly<Record<string, unknown>> = { [MARK]: 'server' };

export function isServerChoice(value: unknown): boolean {
  return isRecord(value) && MARK in value;
}

export function hasServerChoice(value: unknown): boolean {
  if (isServerChoice(value)) return true;
  if (!isRecord(value) && !Array.isArray(value)) return false;
  return Object.values(value).some(hasServerChoice);
}

export interface KnownPart {
  readonly pointer: string;
  /** `undefined` where nothing is: the field itself, or a further member of a list. */
  readonly value: unknown;
}

/** What of the value at the pointer is known, in parts as large as can be: the value itself where nothing is left open. */
export function knownParts(pointer: string, value: unknown): readonly KnownPart[] {
  if (isServerChoice(value)) return [];
  if (!hasServerChoice(value)) return [{ pointer, value }];
  const members = Object.entries(value as object).flatMap(([key, member]) =>
    knownParts(`${pointer}${pointerOf([key])}`, member),
  );
  return Array.isArray(value)
    ? [...members, { pointer: `${pointer}/${value.length}`, value: undefined }]
    : members;
}

export function isAsPlanned(live: unknown, planned: unknown): boolean {
  return knownParts('', planned).every(({ pointer, value }) => sameJson(readPointer(live, pointer), value));
}
