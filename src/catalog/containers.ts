/** The containers of a pod template, by their names. */
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';

export interface TemplateContainer {
  readonly name: string;
  readonly image: string;
  /** Where it stands in the workload. */
  readonly pointer: string;
}

export type ContainerList = 'containers' | 'initContainers';

export function containersOf(workload: KubernetesObject, list: ContainerList): readonly TemplateContainer[] {
  const at = `/spec/template/spec/${list}`;
  const containers = readPointer(workload, at);
  if (!Array.isArray(containers)) return [];
  return containers.map((container, index) => ({
    name: textAt(container, '/name'),
    image: textAt(container, '/image'),
    pointer: `${at}/${index}`,
  }));
}
