/** RFC 6901 JSON pointers. */
import { isRecord, isStringMap } from './json.ts';

export function readPointer(document: unknown, pointer: string): unknown {
  if (pointer === '') return document;
  return pointer.split('/').slice(1).map(unescapeSegment).reduce(step, document);
}

/** A copy with `value` at the pointer, or without the member where that is undefined; its parent must be there. */
export function withPointer(document: unknown, pointer: string, value: unknown): unknown {
  return withSegments(document, pointer.split('/').slice(1).map(unescapeSegment), value);
}

function withSegments(document: unknown, segments: readonly string[], value: unknown): unknown {
  const [segment, ...rest] = segments;
  if (segment === undefined) return value;
  const member = withSegments(step(document, segment), rest, value);
  if (Array.isArray(document)) return document.with(Number(segment), member);
  if (!isRecord(document)) throw new Error(`nothing is there to hold ${segment}`);
  const { [segment]: _before, ...others } = document;
  return member === undefined ? others : { ...others, [segment]: member };
}

/** `['spec','template']` → `/spec/template`. */
export function pointerOf(segments: readonly string[]): string {
  return segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function unescapeSegment(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function step(value: unknown, segment: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
  return Reflect.get(value, segment);
}

/** A string or number as text; the empty string for everything else, also where nothing is. */
export function textAt(document: unknown, pointer: string): string {
  const value = readPointer(document, pointer);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** 0 where nothing or no number is, as the API omits zeros. */
export function numberAt(document: unknown, pointer: string): number {
  const value = readPointer(document, pointer);
  return typeof value === 'number' ? value : 0;
}

/** A map from text to text, such as labels or data; the empty map for everything else, also where nothing is. */
export function mapAt(document: unknown, pointer: string): Readonly<Record<string, string>> {
  const value = readPointer(document, pointer);
  return isStringMap(value) ? value : {};
}
