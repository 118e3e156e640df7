import type { Action, TargetKind } from '../catalog/action.ts';
import type { Said } from './asked.ts';
import { nearest } from './nearest.ts';
import type { Report } from './problems.ts';
import { quote } from './problems.ts';
import { isSameName } from './spelling.ts';

export interface FoundAction {
  readonly action: Action;
  /** Those the action takes; one alone where the alias names it: `restart-statefulset`. */
  readonly kinds: readonly TargetKind[];
}

/** The action of that name, in any style, or of that alias. A name that is only near is refused, never mapped. */
export function findAction(said: Said, catalog: readonly Action[], report: Report): FoundAction | undefined {
  const byName = catalog.find((action) => isSameName(said.text, action.name));
  if (byName) return { action: byName, kinds: byName.kinds };
  for (const action of catalog) {
    const alias = action.aliases.find((candidate) => isSameName(said.text, candidate));
    if (alias !== undefined) return { action, kinds: kindsNamedBy(alias, action) };
  }
  const near = nearest(
    said.text,
    catalog.flatMap((action) => [action.name, ...action.aliases]),
  );
  report({
    where: said.where,
    message: `${quote(said.text)} is not an action; there are ${catalog.map(({ name }) => name).join(', ')}`,
    ...(near === undefined ? {} : { nearest: near }),
  });
  return undefined;
}

function kindsNamedBy(alias: string, { kinds }: Action): readonly TargetKind[] {
  const named = kinds.find(({ shortNames }) => shortNames.some((word) => alias.endsWith(`-${word}`)));
  return named ? [named] : kinds;
}
