/** Changes to a JSON object by pointer, so that a table of abuses reads as one. */

/** RFC 6901 pointers to new values; `undefined` takes the field away, a pointer that ends in `/-` appends. */
export type Changes = Readonly<Record<string, unknown>>;

export function spoil<T extends object>(object: T, changes: Changes): T {
  const spoilt = structuredClone(object);
  for (const [pointer, value] of Object.entries(changes)) setAt(spoilt, pointer, value);
  return spoilt;
}

function setAt(root: object, pointer: string, value: unknown): void {
  const keys = pointer.slice(1).split('/').map(unescape);
  const last = keys.pop() ?? '';
  const parent = keys.reduce<object>((at, key) => childOf(at, key), root);
  if (Array.isArray(parent) && last === '-') parent.push(value);
  else if (value === undefined && Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (value === undefined) Reflect.deleteProperty(parent, last);
  else Reflect.set(parent, last, value);
}

/** A map that is not there yet is made. */
function childOf(parent: object, key: string): object {
  const child: unknown = Reflect.get(parent, key);
  if (typeof child === 'object' && child !== null) return child;
  const made = {};
  Reflect.set(parent, key, made);
  return made;
}

function unescape(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}
