import { isRecord } from '../plan/json.ts';
import type { AskedParameters, AskedTarget, Said } from './asked.ts';
import { grantingInput, sayGrantedByInput } from './authority.ts';
import { propertyNames } from './expectation.ts';
import type { FoundAction } from './find-action.ts';
import { nearest } from './nearest.ts';
import type { Locate, Report } from './problems.ts';
import { quote } from './problems.ts';
import { isKindWord } from './read-target.ts';
import { jsonSchemaOf, schemaProblems } from './schema-problems.ts';
import { camelOf, isSameName } from './spelling.ts';

/** The action's parameters, parsed by its schema; `undefined` after a report. */
export function readParameters(asked: AskedParameters, { action }: FoundAction, report: Report): unknown {
  const spelt = spellNames(asked, propertyNames(jsonSchemaOf(action.parameters)), report);
  const parsed = action.parameters.safeParse(Object.fromEntries(spelt.values));
  if (parsed.success) return parsed.data;
  const locate: Locate = ([first, ...rest]) =>
    asked.locate(first === undefined ? [] : [spelt.originals.get(String(first)) ?? first, ...rest]);
  const value = Object.fromEntries(spelt.values);
  for (const problem of schemaProblems(parsed.error, { schema: action.parameters, value, locate })) {
    report(problem);
  }
  return undefined;
}

interface SpeltParameters {
  readonly values: ReadonlyMap<string, unknown>;
  /** From the schema's spelling to the one given. */
  readonly originals: ReadonlyMap<string, string>;
}

/** Gives each parameter the schema's spelling; what has none is reported and left out. */
function spellNames(asked: AskedParameters, names: readonly string[], report: Report): SpeltParameters {
  const values = new Map<string, unknown>();
  const originals = new Map<string, string>();
  for (const [given, value] of Object.entries(asked.values)) {
    const name = names.find((candidate) => isSameName(given, candidate));
    const where = asked.locate([given]);
    const original = name === undefined ? undefined : originals.get(name);
    if (name === undefined) {
      reportForeign({ given, value, where }, { names, common: asked.common }, report);
    } else if (original !== undefined) {
      report({ where, message: `${quote(given)} is the same as ${quote(original)}; give one of them` });
    } else {
      values.set(name, value);
      originals.set(name, given);
    }
  }
  return { values, originals };
}

interface Given {
  readonly given: string;
  readonly value: unknown;
  readonly where: string;
}

interface Known {
  readonly names: readonly string[];
  readonly common: readonly string[];
}

function reportForeign({ given, value, where }: Given, { names, common }: Known, report: Report): void {
  if (common.some((name) => isSameName(given, name))) return;
  if (value === false && ['force', 'dry-run'].some((name) => isSameName(given, name))) return;
  if (isSameName(given, 'dry-run')) {
    report({
      where,
      message: `${quote(value)} is refused here: use the input "mode: plan" for a rehearsal alone`,
    });
    return;
  }
  const input = grantingInput(given);
  if (input !== undefined) {
    report({ where, message: `${quote(value)} is refused: ${sayGrantedByInput(input)}` });
    return;
  }
  if (['namespace', 'target'].some((name) => isSameName(given, name))) {
    report({ where, message: 'is no parameter: it belongs to the target, beside the parameters' });
    return;
  }
  const near = nearest(given, names);
  const expected = names.length === 0 ? 'the action has none' : `expected ${names.join(', ')}`;
  report({
    where,
    message: `${quote(given)} is not a parameter of the action; ${expected}`,
    ...(near === undefined ? {} : { nearest: near }),
  });
}

export interface Member {
  readonly target?: AskedTarget;
  readonly namespace?: Said;
  readonly parameters: AskedParameters;
}

/** The member of a typed union that is named like the action, with target and namespace taken out of it. */
export function readMember(asked: AskedParameters, found: FoundAction, report: Report): Member | undefined {
  const names = [found.action.name, ...found.action.aliases];
  const [own, ...others] = Object.keys(asked.values).toSorted(
    (a, b) => Number(isOwn(b, names)) - Number(isOwn(a, names)),
  );
  const isMissing = own === undefined || !isOwn(own, names);
  for (const other of isMissing && own !== undefined ? [own, ...others] : others) {
    reportOther(other, asked.locate([other]), names, report);
  }
  if (isMissing) {
    const expected = camelOf(found.action.name);
    if (own === undefined)
      report({ where: asked.locate([]), message: `is empty; expected the member ${expected}` });
    return undefined;
  }
  return splitMember(own, asked, found);
}

function isOwn(member: string, names: readonly string[]): boolean {
  return names.some((name) => isSameName(member, name));
}

function reportOther(member: string, where: string, names: readonly string[], report: Report): void {
  const [name = ''] = names;
  const near = nearest(member, names.map(camelOf));
  report({
    where,
    message: `${quote(member)} is not of the action ${name}; expected ${camelOf(name)} alone`,
    ...(near === undefined ? {} : { nearest: near }),
  });
}

function splitMember(member: string, asked: AskedParameters, found: FoundAction): Member {
  const inside = asked.values[member];
  const values: Record<string, unknown> = {};
  let target: AskedTarget | undefined;
  let namespace: Said | undefined;
  for (const [key, value] of Object.entries(isRecord(inside) ? inside : {})) {
    const said = typeof value === 'string' ? { text: value, where: asked.locate([member, key]) } : undefined;
    if (said && key === 'namespace') namespace = said;
    else if (said && targetWord(key, found) !== undefined) {
      target = { kind: { text: targetWord(key, found) ?? '', where: said.where }, name: said };
    } else values[key] = value;
  }
  return {
    ...(target === undefined ? {} : { target }),
    ...(namespace === undefined ? {} : { namespace }),
    parameters: { ...asked, values, locate: (path) => asked.locate([member, ...path]), form: 'plain' },
  };
}

/** `deployment`, `configMap`, `podName`: the kind that a member's field names. */
function targetWord(key: string, { kinds }: FoundAction): string | undefined {
  const word = key.replace(/Name$/, '');
  return kinds.some((kind) => isKindWord(word, kind)) ? word : undefined;
}
