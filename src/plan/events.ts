/** Events of core/v1, in the form of either API that writes them. */
import { type KubernetesObject, say } from './objects.ts';
import { readPointer, textAt } from './pointer.ts';

/** How often it has happened. */
export function timesOf(event: KubernetesObject): number {
  return Number(readPointer(event, '/series/count') ?? readPointer(event, '/count') ?? 1);
}

/** The object that it is about: `pod/web-5d4f8c7b9d-x2x7k`. */
export function sayInvolved(event: KubernetesObject): string {
  return say({ kind: textAt(event, '/involvedObject/kind'), name: textAt(event, '/involvedObject/name') });
}
