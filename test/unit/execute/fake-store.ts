/** Objects by path, with what every write of an API server does to them, and the history that watches tell. */
import { requestPath } from '../../../src/cluster/path.ts';
import type { KubernetesObject, ResourcePath } from '../../../src/plan/objects.ts';
import { readPointer } from '../../../src/plan/pointer.ts';

const RESOURCES: Readonly<Record<string, string>> = {
  Pod: 'pods',
  Deployment: 'deployments',
  StatefulSet: 'statefulsets',
  DaemonSet: 'daemonsets',
  ReplicaSet: 'replicasets',
  Lease: 'leases',
  Job: 'jobs',
  Secret: 'secrets',
  ConfigMap: 'configmaps',
  Event: 'events',
  Namespace: 'namespaces',
};

export interface StoreEvent {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: KubernetesObject;
}

export class FakeStore {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #history: StoreEvent[] = [];
  #version = 1;
  #news = Promise.withResolvers<void>();

  get version(): string {
    return String(this.#version);
  }

  /** Resolves with the next write. */
  get news(): Promise<void> {
    return this.#news.promise;
  }

  get(path: string): KubernetesObject | undefined {
    return this.#objects.get(path);
  }

  list(collection: string): readonly KubernetesObject[] {
    return [...this.#objects].flatMap(([path, object]) => (isIn(path, collection) ? [object] : []));
  }

  since(version: number, collection: string): readonly StoreEvent[] {
    return this.#history.filter((event) => event.version > version && event.collection === collection);
  }

  /** Creates or replaces; gives uid, resourceVersion and, where the spec changed, the next generation. */
  write(path: string, object: KubernetesObject): KubernetesObject {
    const before = this.#objects.get(path);
    const after = this.stamp(object, before);
    this.#objects.set(path, after);
    this.#tell(before ? 'MODIFIED' : 'ADDED', path, after);
    return after;
  }

  /** As `write` would leave it. */
  stamp(object: KubernetesObject, before: KubernetesObject | undefined): KubernetesObject {
    const { metadata } = object;
    const generation = before?.metadata.generation ?? metadata.generation;
    const isChanged =
      before !== undefined && JSON.stringify(before['spec']) !== JSON.stringify(object['spec']);
    return {
      ...object,
      metadata: {
        ...metadata,
        creationTimestamp: before?.metadata.creationTimestamp ?? metadata.creationTimestamp ?? now(),
        uid: before?.metadata.uid ?? metadata.uid ?? `uid-${this.#version + 1}`,
        resourceVersion: String(this.#version + 1),
        ...(generation === undefined ? {} : { generation: isChanged ? generation + 1 : generation }),
      },
    };
  }

  delete(path: string): void {
    const object = this.#objects.get(path);
    this.#objects.delete(path);
    if (object) this.#tell('DELETED', path, object);
  }

  #tell(type: StoreEvent['type'], path: string, object: KubernetesObject): void {
    this.#version += 1;
    const told = { ...object, metadata: { ...object.metadata, resourceVersion: this.version } };
    const collection = path.slice(0, path.lastIndexOf('/'));
    this.#history.push({ version: this.#version, type, collection, object: told });
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** With second resolution, as the API server writes it. */
function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}

export function pathTo(object: KubernetesObject): string {
  const { apiVersion = 'v1', kind = '', metadata } = object;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const resource = RESOURCES[kind];
  if (resource === undefined) throw new Error(`the fake knows no ${kind}`);
  const path: ResourcePath = {
    group: group ?? '',
    version: version ?? '',
    resource,
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
  return requestPath(path);
}

/** `a=b,c=d` by labels, or by fields as in `metadata.name=web`. */
export function isSelectedBy(
  object: KubernetesObject,
  query: Readonly<Record<string, string>> = {},
): boolean {
  const { labelSelector = '', fieldSelector = '' } = query;
  return (
    terms(labelSelector).every(([name, value]) => object.metadata.labels?.[name] === value) &&
    terms(fieldSelector).every(
      ([name, value]) => readPointer(object, `/${name.replaceAll('.', '/')}`) === value,
    )
  );
}

function terms(selector: string): readonly [string, string][] {
  return selector
    .split(',')
    .filter((term) => term !== '')
    .map((term) => {
      const at = term.indexOf('=');
      return [term.slice(0, at), term.slice(at + 1)];
    });
}

function isIn(path: string, collection: string): boolean {
  return path.startsWith(`${collection}/`) && !path.slice(collection.length + 1).includes('/');
}
