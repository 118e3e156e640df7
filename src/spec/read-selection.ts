import type { AskedSelection } from './asked.ts';
import type { FoundAction } from './find-action.ts';
import { isLabelSelector, SELECTOR_EXPECTED } from './label-selector.ts';
import type { Report } from './problems.ts';
import { quote } from './problems.ts';
import { readKind, type Target } from './read-target.ts';

/** All objects with the labels, for the actions that take several; `undefined` after a report. */
export function readSelection(
  asked: AskedSelection,
  maxTargets: number,
  found: FoundAction,
  report: Report,
): Target | undefined {
  const { text, where } = asked.labels;
  const { name, selectable } = found.action;
  const kind = readKind(asked, found, report);
  const isSelector = isLabelSelector(text);
  if (selectable !== true) {
    report({ where, message: `${name} takes one object and no selector; name it as the target` });
  } else if (!isSelector) {
    report({ where, message: `${quote(text)} is not ${SELECTOR_EXPECTED}` });
  }
  const isRight = selectable === true && isSelector && kind !== undefined;
  return isRight ? { kind, name: '', selection: { labels: onOneLine(text), maxTargets } } : undefined;
}

/** A selector may have white space between its words, also line breaks, which messages would take over. */
function onOneLine(selector: string): string {
  return selector.trim().replaceAll(/\s+/g, ' ');
}
