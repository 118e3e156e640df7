import { z } from 'zod';
import { grantingInput, sayGrantedByInput } from './authority.ts';
import type { JsonSchema } from './expectation.ts';
import { propertyNames, sayExpectation, schemaAt } from './expectation.ts';
import { MOST_SUGGESTIONS, nearest } from './nearest.ts';
import type { Locate, Path, Problem } from './problems.ts';
import { MOST_PROBLEMS, quote } from './problems.ts';

interface Checked {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly locate: Locate;
}

/** What a schema has against a value, in plain words; one problem per unknown name, and no more than are told. */
export function schemaProblems(error: z.ZodError, checked: Checked): Problem[] {
  const schema = jsonSchemaOf(checked.schema);
  return error.issues
    .flatMap((issue): Wrong[] =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ issue, key })) : [{ issue }],
    )
    .slice(0, MOST_PROBLEMS + 1)
    .map(({ issue, key }, index) =>
      key === undefined
        ? wrongValue(issue, schema, checked)
        : unknownName(
            { key, path: toPath(issue.path), isSuggesting: index < MOST_SUGGESTIONS },
            schema,
            checked.locate,
          ),
    );
}

interface Wrong {
  readonly issue: z.core.$ZodIssue;
  /** The unknown name that it is about. */
  readonly key?: string;
}

/** As the value is written, not as it is parsed. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/** The names of its members; the JSON schema would cost each start ten times as long. */
export function memberNames(schema: z.ZodType): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : propertyNames(jsonSchemaOf(schema));
}

/** What stands at `path`; `undefined` where there is nothing. */
function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inside, step) =>
      typeof inside === 'object' && inside !== null && Object.hasOwn(inside, step)
        ? Reflect.get(inside, step)
        : undefined,
    value,
  );
}

export function toPath(path: readonly PropertyKey[]): Path {
  return path.map((step) => (typeof step === 'symbol' ? String(step) : step));
}

interface Unknown {
  readonly key: string;
  readonly path: Path;
  readonly isSuggesting: boolean;
}

function unknownName({ key, path, isSuggesting }: Unknown, schema: JsonSchema, locate: Locate): Problem {
  const where = locate([...path, key]);
  const input = grantingInput(key);
  if (input !== undefined) return { where, message: sayGrantedByInput(input) };
  const known = propertyNames(schemaAt(schema, path));
  const near = isSuggesting ? nearest(key, known) : undefined;
  return {
    where,
    message: `${quote(key)} is not known here; expected ${known.length === 0 ? 'nothing' : known.join(', ')}`,
    ...(near === undefined ? {} : { nearest: near }),
  };
}

function wrongValue(issue: z.core.$ZodIssue, schema: JsonSchema, { value, locate }: Checked): Problem {
  const path = toPath(issue.path);
  const found = valueAt(value, path);
  return { where: locate(path), message: sayWrong(issue, found, schemaAt(schema, path)) };
}

function sayWrong(issue: z.core.$ZodIssue, found: unknown, schema: JsonSchema | undefined): string {
  if (issue.code === 'custom') {
    return issue.params?.['isOfValue'] === true ? `${quote(found)} ${issue.message}` : issue.message;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join('; ');
  const expected = schema === undefined ? issue.message : sayExpectation(schema);
  if (found === undefined) return `is missing; expected ${expected}`;
  return `${quote(found)} is not ${expected}${sayQuoted(found, schema)}`;
}

function sayQuoted(found: unknown, schema: JsonSchema | undefined): string {
  const isNumber = schema?.['type'] === 'integer' || schema?.['type'] === 'number';
  return isNumber && typeof found === 'string' && /^-?\d+$/.test(found) ? '; write it without quotes' : '';
}
