/** Events of core/v1, in the form of either API that writes them. */
import { type KubernetesObject, say } from './objects.ts';
import { readPointer, textAt } from './pointer.ts';

/** How often it has happened. */
export function timesOf(event: KubernetesObject): number {
  return Number(readPointer(event, '/series/count') ?? readPointer(event, '/count') ?? 1);
}

/** When it last happened: those of the newer API have a series or a time of their own, the older ones a last timestamp. */
export function timeOf(event: KubernetesObject): string {
  const pointers = [
    '/series/lastObservedTime',
    '/lastTimestamp',
    '/eventTime',
    '/metadata/creationTimestamp',
  ];
  return pointers.map((pointer) => textAt(event, pointer)).find((time) => time !== '') ?? '';
}

/** The object that it is about: `pod/web-5d4f8c7b9d-x2x7k`. */
export function sayInvolved(event: KubernetesObject): string {
  return say({ kind: textAt(event, '/involvedObject/kind'), name: textAt(event, '/involvedObject/name') });
}
