/**
 * The part of RFC 6902 that plans use, as the API server understands it: a test for `null` passes where the member
 * is not there, and neither tests nor writes reach into a parent that is not there.
 */
import { isDeepStrictEqual } from 'node:util';

export class PatchRefused extends Error {
  override readonly name = 'PatchRefused';
}

/** A patched copy; throws `PatchRefused` at the first operation that fails, as the server answers 422. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new PatchRefused('a JSON patch is a list');
  const copy: unknown = structuredClone(document);
  for (const operation of patch) applyOne(copy, operation);
  return copy;
}

function applyOne(document: unknown, operation: unknown): void {
  const { op, path, value } = readOperation(operation);
  const segments = path
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = segments.pop();
  if (last === undefined) throw new PatchRefused('the whole document is no field');
  const parent = segments.reduce(memberOf, document);
  if (Array.isArray(parent)) return applyToList(parent, last, { op, path, value });
  if (!isMap(parent)) throw new PatchRefused(`${op} ${path}: the parent is not there`);
  applyToMap(parent, last, { op, path, value });
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

function readOperation(operation: unknown): Operation {
  if (!isMap(operation) || typeof operation['op'] !== 'string' || typeof operation['path'] !== 'string') {
    throw new PatchRefused(`no operation: ${JSON.stringify(operation)}`);
  }
  return { op: operation['op'], path: operation['path'], value: operation['value'] };
}

function applyToMap(parent: Record<string, unknown>, key: string, { op, path, value }: Operation): void {
  if (op === 'test') {
    const held = Object.hasOwn(parent, key) ? parent[key] : null;
    if (!isDeepStrictEqual(held, value)) throw new PatchRefused(`test ${path} failed`);
    return;
  }
  if (op === 'add') {
    Object.defineProperty(parent, key, {
      value: structuredClone(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
    return;
  }
  if (op !== 'remove' || !Object.hasOwn(parent, key)) throw new PatchRefused(`${op} ${path}: not there`);
  delete parent[key];
}

/** Of a list's own members plans only test, or append one: an add elsewhere would insert. */
function applyToList(list: unknown[], index: string, { op, path, value }: Operation): void {
  if (op === 'add' && index === '-') {
    list.push(value);
    return;
  }
  if (Number(index) >= list.length) throw new PatchRefused(`${op} ${path}: the list is shorter`);
  if (op !== 'test') throw new PatchRefused(`${op} ${path} would move the other members of the list`);
  if (!isDeepStrictEqual(list[Number(index)], value)) throw new PatchRefused(`test ${path} failed`);
}

function memberOf(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value[Number(key)];
  return isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
