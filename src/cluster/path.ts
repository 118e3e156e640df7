import { isDns1035Label, isDnsLabel, isDnsSubdomain } from '../plan/kubernetes-names.ts';
import type { ResourcePath } from '../plan/objects.ts';

const CONTROL = /\p{Cc}/u;

/** Groups whose objects the API server itself holds to DNS names; elsewhere, RBAC above all, it asks for a path segment. */
const DNS_NAMED_GROUPS = new Set(['', 'apps', 'autoscaling', 'batch', 'coordination.k8s.io', 'policy']);

export interface Selection {
  readonly path: ResourcePath;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/**
 * The URL path of an object, a collection or a subresource: the only place where one is put together, so
 * that what is rehearsed and what is sent go to the same address. Throws on a segment that clients, proxies
 * and servers could read differently (`..`, `%2f`, `//`); rules as in `apimachinery/pkg/api/validation/path`.
 */
export function requestPath(path: ResourcePath): string {
  const resource = validated('resource', path.resource, isDns1035Label(path.resource));
  return `${discoveryPath(path)}${namespaceSegments(path)}/${resource}${nameSegments(path)}`;
}

/** What a list or a watch is of; the same text for the same. */
export function selectionKey({ path, labelSelector = '', fieldSelector = '' }: Selection): string {
  return `${requestPath(path)}?${labelSelector}&${fieldSelector}`;
}

/** Where the server tells which kinds it has in a version of a group. */
export function discoveryPath(path: Pick<ResourcePath, 'group' | 'version'>): string {
  const group =
    path.group === '' ? '/api' : `/apis/${validated('API group', path.group, isDnsSubdomain(path.group))}`;
  return `${group}/${validated('API version', path.version, isDnsLabel(path.version))}`;
}

function namespaceSegments(path: ResourcePath): string {
  if (path.namespace === undefined) return '';
  if (path.group === '' && path.resource === 'namespaces') {
    throw new Error('a namespace is no namespaced object: give its name, not its namespace');
  }
  return `/namespaces/${validated('namespace', path.namespace, isDnsLabel(path.namespace))}`;
}

function nameSegments(path: ResourcePath): string {
  if (path.name === undefined) {
    if (path.subresource === undefined) return '';
    throw new Error(`subresource "${path.subresource}" of ${path.resource} without an object's name`);
  }
  const name = encodeSegment(validated(`name in ${path.resource}`, path.name, isNameFor(path, path.name)));
  if (path.subresource === undefined) return `/${name}`;
  return `/${name}/${validated('subresource', path.subresource, isDns1035Label(path.subresource))}`;
}

function isNameFor(path: ResourcePath, name: string): boolean {
  if (!isPathSegment(name)) return false;
  const isNode = path.group === '' && path.resource === 'nodes';
  return isNode || !DNS_NAMED_GROUPS.has(path.group) || isDnsSubdomain(name);
}

function isPathSegment(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name.length > 253) return false;
  return !/[/%\\?#]/.test(name) && !CONTROL.test(name) && name.isWellFormed();
}

/** A colon is allowed in a path segment (RFC 3986) and clients send it as it is: `system:node`. */
function encodeSegment(name: string): string {
  return encodeURIComponent(name).replaceAll('%3A', ':');
}

function validated(what: string, text: string, isValid: boolean): string {
  if (isValid) return text;
  throw new Error(`not a valid ${what}: ${JSON.stringify(text.slice(0, 300))}`);
}
