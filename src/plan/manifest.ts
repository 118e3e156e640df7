/** The objects of a manifest as their author wrote them: not yet in any cluster. Pure. */
import { isRecord } from './json.ts';
import { GROUP } from './names.ts';
import { groupVersionOf, say } from './objects.ts';
import { pointerOf, readPointer, textAt } from './pointer.ts';

export interface ManifestObject {
  /** For messages: `document 2 (line 7)`. */
  readonly where: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** As it is written there. */
  readonly namespace?: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** More are a deployment of its own kind: split it. */
export const MOST_OBJECTS = 100;

/** Of the parameter `manifest`, for messages. */
export const MANIFEST_EXPECTED = 'YAML or JSON text with one or several objects, or a List';

/** `deployment/web in shop`, which no other object of a manifest is called. */
export function sayPlaced(object: ManifestObject, namespace: string | undefined): string {
  return `${say(object)}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

/** One object, whatever version it is written in. */
export function identityOf({ apiVersion, kind, namespace, name }: ManifestObject): string {
  return [groupVersionOf(apiVersion).group, kind, namespace ?? '', name].join('|');
}

/** What others refer to comes before them; a reference to what is not there yet would have to wait. */
const REFERRED_TO = new Set([
  'PriorityClass',
  'StorageClass',
  'IngressClass',
  'RuntimeClass',
  'ResourceQuota',
  'LimitRange',
  'NetworkPolicy',
  'ServiceAccount',
  'ConfigMap',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Service',
]);

export function isNamespace({ apiVersion, kind }: Pick<ManifestObject, 'apiVersion' | 'kind'>): boolean {
  return apiVersion === 'v1' && kind === 'Namespace';
}

export function isDefinition({ apiVersion, kind }: Pick<ManifestObject, 'apiVersion' | 'kind'>): boolean {
  return groupVersionOf(apiVersion).group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition';
}

/** Namespaces, definitions of kinds, what others refer to, then the rest; otherwise as written. */
export function inOrder(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  const rank = (object: ManifestObject): number => {
    if (isNamespace(object)) return 0;
    if (isDefinition(object)) return 1;
    return REFERRED_TO.has(object.kind) && isBuiltIn(object) ? 2 : 3;
  };
  return objects.toSorted((a, b) => rank(a) - rank(b));
}

function isBuiltIn({ apiVersion }: ManifestObject): boolean {
  const { group } = groupVersionOf(apiVersion);
  return !group.includes('.') || group.endsWith('.k8s.io');
}

export interface Definition {
  readonly group: string;
  readonly versions: readonly string[];
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

/** What a CustomResourceDefinition of the manifest will have the server serve. */
export function definedBy({ body }: ManifestObject): Definition {
  const versions = readPointer(body, '/spec/versions');
  return {
    group: textAt(body, '/spec/group'),
    versions: (Array.isArray(versions) ? versions : []).map((version: unknown) => textAt(version, '/name')),
    kind: textAt(body, '/spec/names/kind'),
    resource: textAt(body, '/spec/names/plural'),
    namespaced: textAt(body, '/spec/scope') === 'Namespaced',
  };
}

/** Groups in which whoever writes has, or can get, all rights of the cluster. Admission holds to the same list. */
export const CLOSED_GROUPS = [
  'rbac.authorization.k8s.io',
  'authorization.k8s.io',
  'authentication.k8s.io',
  'admissionregistration.k8s.io',
  'apiregistration.k8s.io',
  'certificates.k8s.io',
  GROUP,
];

/** Kinds of the core group that no manifest may hold, and the way out. Admission holds to the same list. */
export const CLOSED_KINDS: readonly {
  readonly kind: string;
  readonly resource: string;
  readonly why: string;
}[] = [
  {
    kind: 'Secret',
    resource: 'secrets',
    why: 'values of Secrets do not belong into a manifest in clear. Use the action update-secret',
  },
  {
    kind: 'ServiceAccount',
    resource: 'serviceaccounts',
    why: 'who writes ServiceAccounts and their tokens can act as them. Apply it by hand',
  },
  {
    kind: 'Node',
    resource: 'nodes',
    why: 'nodes are changed with cordon-node, uncordon-node and drain-node',
  },
];

/** Members of `metadata` that nobody but the server writes. */
export const SERVER_METADATA = [
  'managedFields',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'selfLink',
];

/** What is lost with them can't be brought back by creating them anew. */
export const KEPT_KINDS: readonly {
  readonly kind: string;
  readonly resource: string;
  readonly what: string;
}[] = [
  { kind: 'PersistentVolumeClaim', resource: 'persistentvolumeclaims', what: 'the data on its volume' },
  { kind: 'PersistentVolume', resource: 'persistentvolumes', what: 'its data' },
  { kind: 'Namespace', resource: 'namespaces', what: 'everything in it' },
  {
    kind: 'CustomResourceDefinition',
    resource: 'customresourcedefinitions',
    what: 'every object of its kind in the whole cluster',
  },
];

/** Why no manifest may hold the object at all; `undefined` where it may. */
export function whyClosed({
  apiVersion,
  kind,
}: Pick<ManifestObject, 'apiVersion' | 'kind'>): string | undefined {
  const { group } = groupVersionOf(apiVersion);
  if (CLOSED_GROUPS.includes(group)) {
    return `kinds of ${group} decide who may do what in the cluster. Apply it by hand`;
  }
  return group === '' ? CLOSED_KINDS.find((closed) => closed.kind === kind)?.why : undefined;
}

/** The pointer and value of every scalar, and of every empty map or list. */
export function leavesOf(
  value: unknown,
  pointer = '',
): readonly { readonly pointer: string; readonly value: unknown }[] {
  const members: readonly (readonly [string, unknown])[] = Array.isArray(value)
    ? value.map((member: unknown, index) => [String(index), member] as const)
    : isRecord(value)
      ? Object.entries(value)
      : [];
  if (members.length === 0) return [{ pointer, value }];
  return members.flatMap(([key, member]) => leavesOf(member, `${pointer}${pointerOf([key])}`));
}
