import { isRecord } from '../../src/plan/json.ts';
import { type JsonSchema, sayExpectation } from '../../src/spec/expectation.ts';
import { v1Manifest } from '../../src/spec/manifest-v1.ts';
import { objectManifest, unionManifest } from '../../src/spec/manifest-v1alpha1.ts';
import { jsonSchemaOf } from '../../src/spec/schema-problems.ts';
import { renderTable } from './marked-text.ts';

const EFFECTS: Readonly<Record<string, string>> = { used: 'yes', reported: 'report', none: 'none' };

/** The tables of `docs/spec.md`, by the names of their markers. */
export function renderManifestFields(): ReadonlyMap<string, string> {
  return new Map([
    ['v1alpha1-union', fieldTable(jsonSchemaOf(unionManifest))],
    ['v1alpha1-object', fieldTable(jsonSchemaOf(objectManifest))],
    ['v1', fieldTable(jsonSchemaOf(v1Manifest))],
  ]);
}

/** `schema/kubernetes-execution.schema.json`, for editors. */
export function renderJsonSchema(): string {
  const shapes = [unionManifest, objectManifest, v1Manifest].map((shape) =>
    publicSchema(jsonSchemaOf(shape)),
  );
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'KubernetesExecution',
    anyOf: shapes,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** Without our own annotations and each shape's `$schema`. */
function publicSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(publicSchema);
  if (!isRecord(value)) return value;
  const isSchema = typeof value['type'] === 'string';
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '$schema' && !(isSchema && (key === 'effect' || key === 'expectation')))
      .map(([key, member]) => [key, publicSchema(member)]),
  );
}

function fieldTable(schema: JsonSchema): string {
  return renderTable(['field', 'value', 'effect', 'what becomes of it'], fieldRows(schema, ''));
}

/** A field that says what becomes of it speaks for all inside of it. */
function fieldRows(schema: JsonSchema, path: string): string[][] {
  const properties = schema['properties'];
  return Object.entries(isRecord(properties) ? properties : {}).flatMap(([name, field]) => {
    if (!isRecord(field) || ['apiVersion', 'kind'].includes(path + name)) return [];
    const { effect, description } = field;
    if (typeof effect !== 'string') return fieldRows(field, `${path}${name}.`);
    return [[`\`${path}${name}\``, sayExpectation(field), EFFECTS[effect] ?? effect, String(description)]];
  });
}
