/** Reading fields of a document that a person wrote. Errors name the field and never show its value. */
import { isRecord } from '../../plan/json.ts';
import { CredentialsError } from '../errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** `where` is for messages: `user prod`. An absent or empty section is an empty one. */
export function readSection(fields: Fields, name: string, where: string): Fields {
  const value = fields[name] ?? {};
  if (isRecord(value)) return value;
  throw new CredentialsError(`${where}: ${name} must be a map`);
}

/** `undefined` also for the empty text, as kubectl has it. */
export function readText(fields: Fields, name: string, where: string): string | undefined {
  const value = fields[name] ?? '';
  if (typeof value === 'string') return value === '' ? undefined : value;
  throw new CredentialsError(`${where}: ${name} must be text; put it in quotes`);
}

export function readFlag(fields: Fields, name: string, where: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new CredentialsError(`${where}: ${name} must be true or false`);
}

export function readItems(fields: Fields, name: string, where: string): readonly unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw new CredentialsError(`${where}: ${name} must be a list`);
}

export function readTexts(fields: Fields, name: string, where: string): readonly string[] {
  return readItems(fields, name, where).map((item) => {
    if (typeof item === 'string') return item;
    throw new CredentialsError(`${where}: ${name} must be a list of texts`);
  });
}
