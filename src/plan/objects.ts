/** How Kubernetes objects and requests are named throughout the product. */

/** One object. `namespace` is absent for cluster-scoped kinds. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** An object as the API server returns it; only what every kind shares is typed. */
export interface KubernetesObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** Where the API server serves an object or a collection. The empty group is the core group. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  /** Plural, as in the URL: `deployments`. */
  readonly resource: string;
  readonly namespace?: string;
  /** Absent for a collection. */
  readonly name?: string;
  readonly subresource?: string;
}

/** Without a name: all objects of a kind in the namespace. */
export type Place = Required<Pick<ResourcePath, 'namespace'>> & Pick<ResourcePath, 'name'>;

/** A kind as the server's discovery tells it. */
export interface ServedKind {
  readonly kind: string;
  /** Plural, as in the URL. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What the API server reads out of an `apiVersion`; the empty group is the core group. */
export function groupVersionOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return { group, version };
}

/** The API server takes no more in one Secret or ConfigMap (`MaxSecretSize`, and etcd's own limit). */
export const MOST_DATA_BYTES = 1_048_576;

/** `deployment/web`, as kubectl writes it and people say it. */
export function say(ref: { readonly kind: string; readonly name: string }): string {
  return `${ref.kind.toLowerCase()}/${ref.name}`;
}

export function controllerOf(object: KubernetesObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}
