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

/** Where a pod names a class of this resource. */
const CLASS_POINTERS = new Map([
  ['priorityclasses', '/priorityClassName'],
  ['runtimeclasses', '/runtimeClassName'],
]);

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

/**
 * Of the manifest: what decides whether its pods are admitted, and is to be so before they are: a class that they name and
 * that is new, or a change of their Namespace, its quotas or limits. A dry run before that would tell of what is now.
 */
export function admittedBy(
  { path, object }: Change | Dependent,
  steps: readonly (Change | Dependent)[],
): ManifestObject | undefined {
  if (!workloadKindOf(path)) return undefined;
  const spec = readPointer(object.body, '/spec/template/spec');
  const decides = ({ kind, path: { resource, namespace, name } }: Change | Dependent): boolean => {
    if (resource === 'namespaces') return kind === 'change' && name === path.namespace;
    if (resource === 'resourcequotas' || resource === 'limitranges')
      return kind === 'change' && namespace === path.namespace;
    const pointer = CLASS_POINTERS.get(resource);
    return kind === 'create' && pointer !== undefined && readPointer(spec, pointer) === name;
  };
  return steps.find(decides)?.object;
}
