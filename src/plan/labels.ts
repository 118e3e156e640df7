/** Label selectors of workloads, in the text form that list requests take. */
import { isRecord } from './json.ts';

/** `matchLabels` and `matchExpressions` as `app=web,tier in (a,b)`. An empty selector is the empty string. */
export function selectorText(selector: unknown): string {
  if (!isRecord(selector)) return '';
  const equalities = isRecord(selector['matchLabels'])
    ? Object.entries(selector['matchLabels']).map(([key, value]) => `${key}=${String(value)}`)
    : [];
  const expressions = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'] : [];
  return [...equalities.toSorted(), ...expressions.map(expressionText)].join(',');
}

function expressionText(expression: unknown): string {
  if (!isRecord(expression)) return '';
  const key = String(expression['key']);
  const values = Array.isArray(expression['values']) ? expression['values'].map(String).join(',') : '';
  switch (expression['operator']) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'Exists':
      return key;
    default:
      return `!${key}`;
  }
}

/** Whether a selector in its object form takes these labels; an absent one takes none, an empty one all. */
export function selects(selector: unknown, labels: Readonly<Record<string, string>> = {}): boolean {
  if (!isRecord(selector)) return false;
  const equalities = isRecord(selector['matchLabels']) ? Object.entries(selector['matchLabels']) : [];
  const expressions: readonly unknown[] = Array.isArray(selector['matchExpressions'])
    ? selector['matchExpressions']
    : [];
  return (
    equalities.every(([key, value]) => labels[key] === value) &&
    expressions.every((expression) => isRecord(expression) && holds(expression, labels))
  );
}

function holds(
  { key, operator, values }: Record<string, unknown>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[String(key)];
  const isListed = value !== undefined && Array.isArray(values) && values.includes(value);
  switch (operator) {
    case 'In':
      return isListed;
    case 'NotIn':
      return !isListed;
    case 'Exists':
      return value !== undefined;
    default:
      return value === undefined;
  }
}
