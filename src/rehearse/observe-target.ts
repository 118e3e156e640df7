/** Reads what an action needs to know before it can plan, until it asks for nothing more. */
import type { Action, DryRunAnswer, Question, Read, Snapshot } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { discoverKinds } from '../cluster/discovery.ts';
import { requestPath, selectionKey } from '../cluster/path.ts';
import { toApiRequest } from '../cluster/send-planned.ts';
import { getObject, listObjects } from '../cluster/typed.ts';
import { canonicalJson } from '../plan/canonical.ts';
import type { KubernetesObject, ServedKind } from '../plan/objects.ts';

/** An entry that still asks for more after as many rounds is wrong. */
const MOST_ROUNDS = 10;

export interface Observed extends Snapshot {
  /** Every single object that was read and is there. */
  readonly objects: readonly KubernetesObject[];
}

/** What has been seen so far; tells something also where reading on failed. */
export interface Sight {
  readonly seen: Observed;
  readonly stores: Stores;
}

interface Stores {
  readonly objects: Map<string, KubernetesObject | null>;
  readonly lists: Map<string, readonly KubernetesObject[]>;
  readonly kinds: Map<string, readonly ServedKind[] | null>;
  readonly dryRuns: Map<string, DryRunAnswer>;
}

export function openSight(): Sight {
  const stores: Stores = {
    objects: new Map(),
    lists: new Map(),
    kinds: new Map(),
    dryRuns: new Map(),
  };
  const { objects, lists, kinds, dryRuns } = stores;
  const seen: Observed = {
    get: (path) => objects.get(requestPath(path)),
    list: (path, labelSelector, fieldSelector) =>
      lists.get(selectionKey({ path, labelSelector, fieldSelector })),
    discover: (group, version) => kinds.get(`${group}/${version}`),
    dryRun: (request) => dryRuns.get(canonicalJson(request)),
    get objects() {
      return [...objects.values()].filter((object) => object !== null);
    },
  };
  return { seen, stores };
}

export async function observeTarget(
  api: ApiServer,
  action: Pick<Action, 'name' | 'reads'>,
  question: Question<unknown>,
  { seen, stores }: Sight = openSight(),
): Promise<Observed> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const missing = action.reads(question, seen).filter((read) => isMissing(read, seen));
    if (missing.length === 0) return seen;
    // All of them, so that what could be read is there where one of them failed.
    const results = await Promise.allSettled(missing.map((read) => readOne(api, read, stores)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
  throw new Error(`${action.name} asks for more and more objects`);
}

/** `null` where there is none, and for the empty name of what lies in no namespace. */
export async function readNamespace(api: ApiServer, name: string): Promise<KubernetesObject | null> {
  return name === '' ? null : getObject(api, { group: '', version: 'v1', resource: 'namespaces', name });
}

async function readOne(api: ApiServer, read: Read, stores: Stores): Promise<void> {
  switch (read.kind) {
    case 'get':
      stores.objects.set(requestPath(read.path), await getObject(api, read.path));
      return;
    case 'list': {
      const { kind: _kind, path, ...selectors } = read;
      stores.lists.set(selectionKey(read), (await listObjects(api, path, selectors)).items);
      return;
    }
    case 'discover':
      stores.kinds.set(`${read.group}/${read.version}`, await discoverKinds(api, read.group, read.version));
      return;
    case 'dry-run': {
      const { status, body } = await api.send(
        toApiRequest({ ...read.request, resendable: true }, { dryRun: true }),
      );
      stores.dryRuns.set(canonicalJson(read.request), { status, body });
    }
  }
}

function isMissing(read: Read, seen: Snapshot): boolean {
  switch (read.kind) {
    case 'get':
      return seen.get(read.path) === undefined;
    case 'list':
      return seen.list(read.path, read.labelSelector, read.fieldSelector) === undefined;
    case 'discover':
      return seen.discover(read.group, read.version) === undefined;
    case 'dry-run':
      return seen.dryRun(read.request) === undefined;
  }
}
