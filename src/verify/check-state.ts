/** The vocabulary of verification: what is watched, and what a check says about it. */
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';

export type CheckState =
  /** `soakSeconds`: how long it must go on holding before that proves anything, whatever the inputs ask. */
  | { readonly kind: 'met'; readonly detail: string; readonly soakSeconds?: number }
  /** `reasonCode`: what to call it where waiting has not helped. */
  | { readonly kind: 'pending'; readonly detail: string; readonly reasonCode?: ReasonCode }
  /** It will not come true by waiting. */
  | { readonly kind: 'failed'; readonly reasonCode: ReasonCode; readonly detail: string };

/** What a check needs watched: one object, or the objects of a collection that the selectors take. */
export interface Watched {
  readonly path: ResourcePath;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** The cluster as last seen by the watches. */
export interface View {
  /** `null` when it is not there. */
  object(path: ResourcePath): KubernetesObject | null;
  list(watched: Watched): readonly KubernetesObject[];
  /** Whether the pod came after the first look, before anything was sent. */
  isNew(pod: KubernetesObject): boolean;
  /** How often pulling an image for this pod was seen to fail, a busy registry apart. */
  pullFailures(pod: KubernetesObject): number;
  /** For how long a container of this pod has been seen to want what is not there, such as a Secret. */
  wantingSeconds(pod: KubernetesObject): number;
  /** Whether workloads are waited for that may need each other. */
  readonly isOfSeveral: boolean;
  /** The object as it was before anything was sent. */
  baseline(path: ResourcePath): KubernetesObject | null;
}
