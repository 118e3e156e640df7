import type { Environment } from '../cluster/credentials/proxy-environment.ts';
import { nearestOrFuller } from '../spec/nearest.ts';
import type { Report } from '../spec/problems.ts';
import { quote } from '../spec/problems.ts';
import type { InputName } from './input-registry.ts';
import { INPUT_DEFINITIONS } from './input-registry.ts';

/** The runner hands them over as variables: `INPUT_PLAN-HASH` for `plan-hash`. */
const PREFIX = 'INPUT_';

export interface GivenInputs {
  /** `undefined` where the input is not given: GitHub passes an expression without a value as the empty string. */
  text(name: InputName): string | undefined;
  /** The given text, else the registry's default. */
  orDefault(name: InputName): string;
  /** Given, and not as the registry's default, which GitHub passes on as if it were given. */
  differs(name: InputName): boolean;
}

export function givenInputs(env: Environment): GivenInputs {
  const text = (name: InputName): string | undefined => {
    const given = env[variableOf(name)] ?? '';
    return given.trim() === '' ? undefined : given;
  };
  return {
    text,
    orDefault: (name) => text(name)?.trim() ?? defaultOf(name),
    differs: (name) => (text(name)?.trim() ?? defaultOf(name)) !== defaultOf(name),
  };
}

/** The runner passes what the workflow misspelt as well, so it can be told. */
export function reportUnknownInputs(
  env: Environment,
  parameterNames: () => readonly string[],
  report: Report,
): void {
  const known = INPUT_DEFINITIONS.map(({ name }) => name);
  const variables = new Set(known.map(variableOf));
  for (const variable of Object.keys(env).toSorted()) {
    if (!variable.startsWith(PREFIX) || variables.has(variable)) continue;
    const name = variable.slice(PREFIX.length).toLowerCase();
    const kebab = name.replaceAll('_', '-');
    if (kebab === 'dry-run') {
      const message = `${quote(name)} is not an input of this action; use "mode: plan" for a rehearsal alone`;
      report({ where: `input ${name}`, message });
      continue;
    }
    const near = nearestOrFuller(kebab, known);
    const isParameter = parameterNames().includes(kebab);
    report({
      where: `input ${name}`,
      message: isParameter
        ? `${quote(name)} is a parameter of an action, not an input; write it into the input "parameters"`
        : `${quote(name)} is not an input of this action`,
      ...(near === undefined || isParameter ? {} : { nearest: near }),
    });
  }
}

function variableOf(name: string): string {
  return PREFIX + name.toUpperCase();
}

function defaultOf(name: InputName): string {
  return INPUT_DEFINITIONS.find((input) => input.name === name)?.default ?? '';
}
