import { isRecord } from '../plan/json.ts';
import { isDataKey, NO_DATA_KEY } from '../plan/kubernetes-names.ts';
import { nameValues, type SecretValues } from '../plan/secret-values.ts';
import type { Report } from '../spec/problems.ts';
import type { ExecutionRequest } from '../spec/request.ts';
import { readYamlMap } from '../spec/yaml-documents.ts';
import { FORKS } from './credential-inputs.ts';
import type { GivenInputs } from './given-inputs.ts';

const INPUT = 'input secret-values';
const EXAMPLE = '{"password": $' + '{{ toJSON(secrets.PASSWORD) }}}';

/** Gives the input to the one execution that takes it. No problem quotes any of it. */
export function giveSecretValues(
  executions: readonly ExecutionRequest[],
  given: GivenInputs,
  { isRollback, report }: { readonly isRollback: boolean; readonly report: Report },
): ExecutionRequest[] {
  const text = given.text('secret-values');
  const takers = executions.filter(({ action }) => action.takesValues === true);
  const [taker, second] = takers;
  if (text !== undefined && (taker === undefined || second !== undefined || isRollback)) {
    const message = isRollback
      ? 'is given, but an undo puts back what was there before'
      : `is given, but ${second ? 'several documents take it: carry them out in steps of their own' : 'the action takes no values'}`;
    report({ where: INPUT, message });
  }
  if (taker === undefined || isRollback) return [...executions];
  const values = readValues(text ?? '', report);
  checkKeys(taker, Object.keys(values), text !== undefined, report);
  const named: SecretValues = nameValues('after', values);
  return executions.map((one) => (one === taker ? { ...one, values: named } : one));
}

/** Key to base64. */
function readValues(text: string, report: Report): Readonly<Record<string, string>> {
  const { values, locate } = readYamlMap(text, INPUT, ({ where }) =>
    report({
      where,
      message: `is not a YAML map from key to text. A value is passed on as it is by JSON: ${EXAMPLE}`,
    }),
  );
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const fault = faultOf(key, value);
      if (fault === undefined) return [[key, Buffer.from(String(value)).toString('base64')]];
      const isEmpty = value === '' || value === null;
      report({ where: locate([key]), message: fault, ...(isEmpty ? { isOfEmptySecret: true } : {}) });
      return [];
    }),
  );
}

function faultOf(key: string, value: unknown): string | undefined {
  if (!isDataKey(key)) return NO_DATA_KEY;
  if (value === '' || value === null) {
    return 'is empty: a secret that is not there is passed on as the empty string, also on pull requests from forks. To remove a key, name it in the parameter remove';
  }
  return typeof value === 'string'
    ? undefined
    : `is no text: put it in quotes, or write it as JSON: ${EXAMPLE}`;
}

function checkKeys(
  { action, parameters }: ExecutionRequest,
  keys: readonly string[],
  isGiven: boolean,
  report: Report,
): void {
  const found = isRecord(parameters) ? parameters['remove'] : undefined;
  const removed: readonly unknown[] = Array.isArray(found) ? found : [];
  if (!isGiven && removed.length === 0 && isRecord(parameters)) {
    const message = `is not given; ${action.name} needs values to set, or the parameter remove. ${FORKS}`;
    report({ where: INPUT, message, isOfEmptySecret: true });
  }
  for (const key of keys.filter((one) => removed.includes(one))) {
    report({ where: `${INPUT}, ${key}`, message: 'is also named in the parameter remove; do one of them' });
  }
}
