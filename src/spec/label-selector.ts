/** Label selectors as list requests and kubectl take them: `app=web,tier in (a,b),!canary`. */
import { isLabelKey, isLabelValue } from '../plan/kubernetes-names.ts';

export const SELECTOR_EXPECTED =
  'a label selector such as "app=web", "app=web,tier in (a,b)" or "app=web,!canary"';

/** Longer ones would not fit into a request. */
const MOST_CHARACTERS = 4000;
const SET = /^(\S+)\s+(?:in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^\s=!]+)\s*(?:==|=|!=)\s*([^\s=!]*)$/;
const EXISTENCE = /^!?\s*([^\s=!]+)$/;

/** An empty one would select everything, so it is none. */
export function isLabelSelector(text: string): boolean {
  return text.length <= MOST_CHARACTERS && splitTerms(text).every(isTerm);
}

/** At commas outside of parentheses. */
function splitTerms(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/).map((term) => term.trim());
}

function isTerm(term: string): boolean {
  const [, setKey, values] = SET.exec(term) ?? [];
  if (setKey !== undefined && values !== undefined) {
    return isLabelKey(setKey) && values.split(',').every((value) => isLabelValue(value.trim()));
  }
  const [, key, value] = EQUALITY.exec(term) ?? [];
  if (key !== undefined && value !== undefined) return isLabelKey(key) && isLabelValue(value);
  const [, existing] = EXISTENCE.exec(term) ?? [];
  return existing !== undefined && isLabelKey(existing);
}
