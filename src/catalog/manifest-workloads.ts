/** Which objects of a manifest have a rollout, and when it can be waited for. */
import { selectorText } from '../plan/labels.ts';
import type { ManifestObject } from '../plan/manifest.ts';
import type { ResourcePath } from '../plan/objects.ts';
import type { Check } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import type { TargetKind } from './action.ts';
import { ROLLED_OUT } from './change-template.ts';
import type { Change, Dependent } from './manifest-changes.ts';

export function workloadKindOf({ group, resource }: ResourcePath): TargetKind | undefined {
  return group === 'apps' ? ROLLED_OUT.find((kind) => kind.resource === resource) : undefined;
}

/** Where the pods are to change. Paused, or with the strategy OnDelete, they never would by themselves. */
export function rolloutOf(step: Change | Dependent): readonly Check[] {
  const object = step.kind === 'dependent' ? step.object.body : step.after;
  const isStill =
    readPointer(object, '/spec/paused') === true ||
    readPointer(object, '/spec/updateStrategy/type') === 'OnDelete';
  const isNew = step.kind !== 'change' || step.fields.some(({ pointer }) => pointer.startsWith('/spec'));
  if (!workloadKindOf(step.path) || isStill || !isNew) return [];
  const podSelector = selectorText(readPointer(object, '/spec/selector'));
  return [{ kind: 'rollout-complete', object: step.path, podSelector }];
}

/** Of the manifest: a class that its pods name and that is still to be created. Until then no pod is admitted, nor its dry run. */
export function classToCome(
  step: Change | Dependent,
  steps: readonly (Change | Dependent)[],
): ManifestObject | undefined {
  if (!workloadKindOf(step.path)) return undefined;
  const spec = readPointer(step.object.body, '/spec/template/spec');
  const isNamed = ({ kind, name }: ManifestObject): boolean =>
    (kind === 'PriorityClass' && readPointer(spec, '/priorityClassName') === name) ||
    (kind === 'RuntimeClass' && readPointer(spec, '/runtimeClassName') === name);
  return steps.find(({ kind, object }) => kind === 'create' && isNamed(object))?.object;
}
