import { catalog } from '../../src/catalog/index.ts';
import { isRecord } from '../../src/plan/json.ts';
import { type JsonSchema, sayExpectation } from '../../src/spec/expectation.ts';
import { v1Manifest } from '../../src/spec/manifest-v1.ts';
import { objectManifest, unionManifest } from '../../src/spec/manifest-v1alpha1.ts';
import { jsonSchemaOf } from '../../src/spec/schema-problems.ts';
import { camelOf } from '../../src/spec/spelling.ts';
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
  const [union, object, v1] = [unionManifest, objectManifest, v1Manifest].map((shape) =>
    publicSchema(jsonSchemaOf(shape)),
  );
  const shapes = [
    union,
    demandTarget(object, 'action', { name: 'type', target: 'target' }),
    demandTarget(v1, 'actionDefinition', { name: 'actionType', target: 'targetResource' }),
  ];
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'KubernetesExecution',
    anyOf: shapes,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A target for all actions but those on the objects of a manifest, where they are written in one of the usual styles. */
function demandTarget(
  shape: unknown,
  field: string,
  { name, target }: { readonly name: string; readonly target: string },
): unknown {
  const names = catalog
    .filter(({ takesManifest }) => takesManifest !== undefined)
    .flatMap((action) => [action.name, ...action.aliases])
    .flatMap((kebab) => [kebab, kebab.replaceAll('-', '_'), camelOf(kebab), camelOf(`-${kebab}`)]);
  const isOnManifest = { properties: { [name]: { enum: [...new Set(names)] } } };
  return changeAt(shape, ['properties', 'spec', 'properties', field], (schema) => ({
    ...schema,
    if: isOnManifest,
    else: { required: [target] },
  }));
}

function changeAt(
  value: unknown,
  [step, ...rest]: readonly string[],
  change: (schema: JsonSchema) => JsonSchema,
): unknown {
  if (!isRecord(value)) return value;
  return step === undefined ? change(value) : { ...value, [step]: changeAt(value[step], rest, change) };
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
