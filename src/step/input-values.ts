import { isLabelKey, isLabelValue } from '../plan/kubernetes-names.ts';
import { DURATION_EXPECTED, parseDuration } from '../spec/duration.ts';
import { nearest } from '../spec/nearest.ts';
import type { Report } from '../spec/problems.ts';
import { quote } from '../spec/problems.ts';
import type { GivenInputs } from './given-inputs.ts';
import type { InputName } from './input-registry.ts';

/** Longer than any workflow runs; what is above is a slip. */
const LONGEST_SECONDS = 24 * 3600;
/** Labels and annotations that say what a Job is are the executor's and the cluster's. */
const RESERVED = /(^|\.)(kubernetes\.io|k8s\.io|kubernaut\.io)\//;

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Inputs as values of their types. After a report the value is a stand-in that nobody uses. */
export interface InputValues {
  /** `meant`: the value to suggest for a word that people write in its place. */
  oneOf<Value extends string>(
    name: InputName,
    values: readonly [Value, ...Value[]],
    meant?: Readonly<Record<string, Value>>,
  ): Value;
  isOn(name: InputName): boolean;
  seconds(name: InputName, least: number): number;
  wholeNumber(name: InputName, range: Range): number;
  keyValues(name: InputName, kind: 'labels' | 'annotations'): Readonly<Record<string, string>>;
}

export function inputValues(given: GivenInputs, report: Report): InputValues {
  const refuse = (name: InputName, expected: string, near?: string): void =>
    report({
      where: `input ${name}`,
      message: `${quote(given.orDefault(name))} is not ${expected}`,
      ...(near === undefined ? {} : { nearest: near }),
    });
  return {
    oneOf(name, values, meant = {}) {
      const text = given.orDefault(name);
      const value = values.find((candidate) => candidate === text);
      if (value === undefined) {
        const near = Object.hasOwn(meant, text) ? meant[text] : nearest(text, values);
        refuse(name, `one of ${values.join(', ')}`, near);
      }
      return value ?? values[0];
    },
    isOn(name) {
      const text = given.orDefault(name);
      const value = parseBoolean(text);
      if (value === undefined) refuse(name, 'true or false', nearest(text, ['true', 'false']));
      return value ?? false;
    },
    seconds(name, least) {
      const seconds = parseDuration(given.orDefault(name));
      if (seconds === undefined) refuse(name, DURATION_EXPECTED);
      else if (seconds < least) refuse(name, `at least ${least}s`);
      else if (seconds > LONGEST_SECONDS) refuse(name, 'at most 24h');
      else return seconds;
      // Compares as false with every other time, so that no contradiction is reported on top.
      return Number.NaN;
    },
    wholeNumber(name, { from, to }) {
      const text = given.orDefault(name);
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (!(value >= from && value <= to)) refuse(name, `a whole number from ${from} to ${to}`);
      return value;
    },
    keyValues: (name, kind) => readKeyValues(given, { name, kind }, report),
  };
}

/** YAML 1.2: `yes` and `on` are no booleans. */
function parseBoolean(text: string): boolean | undefined {
  if (/^(true|True|TRUE)$/.test(text)) return true;
  return /^(false|False|FALSE)$/.test(text) ? false : undefined;
}

function readKeyValues(
  given: GivenInputs,
  { name, kind }: { readonly name: InputName; readonly kind: 'labels' | 'annotations' },
  report: Report,
): Readonly<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const item of splitList(given.text(name) ?? '')) {
    const equals = item.indexOf('=');
    const key = item.slice(0, Math.max(equals, 0)).trim();
    const value = item.slice(equals + 1).trim();
    const fault = equals < 0 ? 'is not key=value' : faultOf(key, value, kind);
    if (fault === undefined) entries.push([key, value]);
    else report({ where: `input ${name}`, message: `${quote(item)} ${fault}` });
  }
  return Object.fromEntries(entries);
}

function faultOf(key: string, value: string, kind: 'labels' | 'annotations'): string | undefined {
  if (!isLabelKey(key)) return `has a key that Kubernetes does not take: ${quote(key)}`;
  if (RESERVED.test(key))
    return `has the key ${quote(key)}, which is reserved for the executor and the cluster`;
  if (kind === 'labels' && !isLabelValue(value)) {
    return `has a value that no label may have: at most 63 letters, digits, "-", "_" and "."`;
  }
  return undefined;
}

/** By line where there are several or a closing line break, else by comma: an item of its own line may have commas. */
function splitList(text: string): string[] {
  return text
    .split(text.includes('\n') ? '\n' : ',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
