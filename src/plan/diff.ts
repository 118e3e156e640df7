/** What a dry run's answer has otherwise than the live object. */
import { sameJson } from './canonical.ts';
import { isRecord } from './json.ts';
import type { FieldChange } from './plan.ts';
import { pointerOf } from './pointer.ts';

/** Written by the server with every change; they say nothing about what was asked. */
const BOOKKEEPING = new Set([
  '/metadata/managedFields',
  '/metadata/resourceVersion',
  '/metadata/generation',
  // Counts the templates of a DaemonSet.
  '/metadata/annotations/deprecated.daemonset.template.generation',
  '/status',
]);

/** Leaves that differ; lists are compared whole where their lengths differ. */
export function diffObjects(before: unknown, after: unknown): readonly FieldChange[] {
  return diffAt([], before, after);
}

function diffAt(path: readonly string[], before: unknown, after: unknown): readonly FieldChange[] {
  const pointer = pointerOf(path);
  if (BOOKKEEPING.has(pointer) || sameJson(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return keys.flatMap((key) => diffAt([...path, key], ownMember(before, key), ownMember(after, key)));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((member, index) => diffAt([...path, String(index)], member, after[index]));
  }
  return [
    { pointer, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
  ];
}

/** A ConfigMap may have a key `constructor`; what every object inherits is none. */
function ownMember(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
