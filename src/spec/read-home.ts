import type { TargetKind } from '../catalog/action.ts';
import type { Asked, AskedTarget } from './asked.ts';
import type { FoundAction } from './find-action.ts';
import type { Report } from './problems.ts';
import { sayName } from './problems.ts';
import { isKindWord, readKind, readTarget, type Target } from './read-target.ts';

/** A target that says the namespace of the run as well. */
export interface Home {
  readonly namespace?: string;
}

/**
 * For the actions on the objects of a manifest, which need no target. Where one is named, it can only be the namespace of the
 * run; those on the whole cluster have none.
 */
export function readHome(
  { target, selection, unnamed }: Pick<Asked, 'target' | 'selection' | 'unnamed'>,
  namespace: string | undefined,
  found: FoundAction,
  report: Report,
): (Target & Home) | undefined {
  const { name, scope } = found.action;
  const refuse = (where: string, which: string): void =>
    report({ where, message: `${name} acts on the objects of its manifest${which}; leave it out` });
  if (isOfObject(target ?? unnamed, found, report)) return undefined;
  if (selection) refuse(selection.labels.where, '');
  const named = target && readTarget(target, found, report);
  if (!target || !named) return unnamedHome(readKind(unnamed ?? {}, found, report), namespace);
  if (scope === 'cluster') refuse(target.name.where, '');
  else if (named.name !== (namespace ?? named.name)) {
    refuse(target.name.where, `, and this one is not namespace/${sayName(namespace ?? '')}`);
  }
  return { ...named, namespace: named.name };
}

function unnamedHome(kind: TargetKind | undefined, namespace = ''): Target | undefined {
  return kind && { kind, name: namespace };
}

/** After a report: who names an object as target does not mean another namespace. */
function isOfObject(
  target: Pick<AskedTarget, 'kind'> | undefined,
  { action, kinds }: FoundAction,
  report: Report,
): boolean {
  if (!target?.kind) return false;
  const { text, where } = target.kind;
  if (kinds.some((kind) => isKindWord(text, kind))) return false;
  const message = `${action.name} takes no target: its objects stand in the manifest; leave target out`;
  report({ where, message });
  return true;
}
