/** JSON schema in plain words, for messages and documents. */
import { isRecord } from '../plan/json.ts';
import type { Path } from './problems.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** `a whole number from 0 to 1000`. A schema may carry its own words in `expectation`. */
export function sayExpectation(schema: JsonSchema): string {
  if (typeof schema['expectation'] === 'string') return schema['expectation'];
  if (Array.isArray(schema['enum'])) return `one of ${schema['enum'].map(String).join(', ')}`;
  if ('const' in schema) return JSON.stringify(schema['const']);
  const alternatives = schema['anyOf'];
  if (Array.isArray(alternatives)) return alternatives.filter(isRecord).map(sayExpectation).join(' or ');
  switch (schema['type']) {
    case 'integer':
      return `a whole number${sayRange(schema)}`;
    case 'number':
      return `a number${sayRange(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    case 'array':
      return 'a list';
    default:
      return schema['type'] === 'object' ? 'a map' : 'a value';
  }
}

/** The schema of what stands at `path`; `undefined` where the schema says nothing about it. */
export function schemaAt(schema: JsonSchema, path: Path): JsonSchema | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return schema;
  const properties = schema['properties'];
  const next =
    typeof step === 'number'
      ? schema['items']
      : isRecord(properties) && Object.hasOwn(properties, step)
        ? properties[step]
        : schema['additionalProperties'];
  return isRecord(next) ? schemaAt(next, rest) : undefined;
}

export function propertyNames(schema: JsonSchema | undefined): readonly string[] {
  const properties = schema?.['properties'];
  return isRecord(properties) ? Object.keys(properties) : [];
}

function sayRange(schema: JsonSchema): string {
  const from = bound(schema['minimum']);
  const to = bound(schema['maximum']);
  if (from !== undefined && to !== undefined) return ` from ${from} to ${to}`;
  if (from !== undefined) return ` of at least ${from}`;
  return to === undefined ? '' : ` of at most ${to}`;
}

/** Safe integers' own limits are no expectation worth saying. */
function bound(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}
