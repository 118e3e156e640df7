import type { Action, TargetKind } from '../catalog/action.ts';
import type { Said } from './asked.ts';
import { nearest } from './nearest.ts';
import type { Report } from './problems.ts';
import { quote } from './problems.ts';
import { isSameName, kebabOf } from './spelling.ts';

export interface FoundAction {
  readonly action: Action;
  /** Those the action takes; one alone where the alias names it: `restart-statefulset`. */
  readonly kinds: readonly TargetKind[];
}

/** The action of that name, in any style, or of that alias. */
export function findAction(name: string, catalog: readonly Action[]): FoundAction | undefined {
  const byName = catalog.find((action) => isSameName(name, action.name));
  if (byName) return { action: byName, kinds: byName.kinds };
  for (const action of catalog) {
    const alias = action.aliases.find((candidate) => isSameName(name, candidate));
    if (alias !== undefined) return { action, kinds: kindsNamedBy(alias, action) };
  }
  return undefined;
}

/**
 * Refuses a name that no action has. The action with the nearest one is for checking what else was written, so that
 * all problems are told at once; it is never run.
 */
export function refuseAction(
  said: Said,
  catalog: readonly Action[],
  report: Report,
): FoundAction | undefined {
  const near = nearestAction(said.text, catalog);
  report({
    where: said.where,
    message: `${quote(said.text)} is not an action; there are ${catalog.map(({ name }) => name).join(', ')}`,
    ...(near === undefined ? {} : { nearest: near }),
  });
  return near === undefined ? undefined : findAction(near, catalog);
}

/** Words that several actions have, or an action and its alias, with the one that is most likely meant. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['restart', 'rollout-restart'],
  ['logs', 'collect-logs'],
  ['get-logs', 'collect-logs'],
]);

/** Never one of another verb: who writes `scale-statefulset` does not want `restart-statefulset`. */
function nearestAction(name: string, catalog: readonly Action[]): string | undefined {
  const names = catalog.flatMap((action) => [action.name, ...action.aliases]);
  const kebab = kebabOf(name) ?? name;
  const meant = MEANT.get(kebab);
  if (meant !== undefined && names.includes(meant)) return meant;
  const [verb = '', ...rest] = kebab.split('-');
  const near = nearest(
    name,
    rest.length === 0 ? names : names.filter((one) => nearest(verb, [one.split('-')[0] ?? '']) !== undefined),
  );
  const actions = catalog.map((action) => action.name);
  return near ?? onlyLonger(kebab, actions) ?? onlyLonger(kebab, names);
}

/** The only one that begins so: `scale-deployment` for `scale-deploy`. */
function onlyLonger(beginning: string, names: readonly string[]): string | undefined {
  const [longer, another] = names.filter((name) => name.startsWith(beginning));
  return another === undefined ? longer : undefined;
}

function kindsNamedBy(alias: string, { kinds }: Action): readonly TargetKind[] {
  const named = kinds.find(({ shortNames }) => shortNames.some((word) => alias.endsWith(`-${word}`)));
  return named ? [named] : kinds;
}
