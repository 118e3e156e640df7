import type { Asked } from './asked.ts';
import type { FoundAction } from './find-action.ts';
import type { Report } from './problems.ts';
import { readTarget, type Target } from './read-target.ts';

/** A target that says the namespace of the run as well. */
export interface Home {
  readonly namespace?: string;
}

/**
 * For the actions on the objects of a manifest, which need no target. Where one is named, it can only be the namespace of the
 * run; those on the whole cluster have none.
 */
export function readHome(
  { target, selection }: Pick<Asked, 'target' | 'selection'>,
  namespace: string | undefined,
  found: FoundAction,
  report: Report,
): (Target & Home) | undefined {
  const { name, scope } = found.action;
  const refuse = (where: string, which: string): void =>
    report({ where, message: `${name} acts on the objects of its manifest${which}; leave it out` });
  if (selection) refuse(selection.labels.where, '');
  const [kind] = found.kinds;
  const named = target && readTarget(target, found, report);
  if (!target || !named) return kind && { kind, name: namespace ?? '' };
  if (scope === 'cluster') refuse(target.name.where, '');
  else if (named.name !== (namespace ?? named.name)) {
    refuse(target.name.where, `, and this one is not namespace/${namespace ?? ''}`);
  }
  return { ...named, namespace: named.name };
}
