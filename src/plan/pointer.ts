/** RFC 6901 JSON pointers, read only. */

export function readPointer(document: unknown, pointer: string): unknown {
  if (pointer === '') return document;
  return pointer.split('/').slice(1).map(unescapeSegment).reduce(step, document);
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
