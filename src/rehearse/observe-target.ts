/** Reads what an action needs to know before it can plan, until it asks for nothing more. */
import type { Action, Question, Read, Snapshot } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { requestPath } from '../cluster/path.ts';
import { getObject, listObjects } from '../cluster/typed.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';

/** An entry that still asks for more after as many rounds is wrong. */
const MOST_ROUNDS = 10;

export interface Observed extends Snapshot {
  /** Every single object that was read and is there. */
  readonly objects: readonly KubernetesObject[];
}

export async function observeTarget(
  api: ApiServer,
  action: Pick<Action, 'name' | 'reads'>,
  question: Question<unknown>,
): Promise<Observed> {
  const objects = new Map<string, KubernetesObject | null>();
  const lists = new Map<string, readonly KubernetesObject[]>();
  const seen: Observed = {
    get: (path) => objects.get(requestPath(path)),
    list: (path, labelSelector, fieldSelector) => lists.get(listKey({ path, labelSelector, fieldSelector })),
    get objects() {
      return [...objects.values()].filter((object) => object !== null);
    },
  };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const missing = action.reads(question, seen).filter((read) => isMissing(read, seen));
    if (missing.length === 0) return seen;
    await Promise.all(missing.map((read) => readOne(api, read, { objects, lists })));
  }
  throw new Error(`${action.name} asks for more and more objects`);
}

interface Stores {
  readonly objects: Map<string, KubernetesObject | null>;
  readonly lists: Map<string, readonly KubernetesObject[]>;
}

async function readOne(api: ApiServer, read: Read, { objects, lists }: Stores): Promise<void> {
  if (read.kind === 'get') {
    objects.set(requestPath(read.path), await getObject(api, read.path));
    return;
  }
  const { kind: _kind, path, ...selectors } = read;
  lists.set(listKey(read), (await listObjects(api, path, selectors)).items);
}

function isMissing(read: Read, seen: Snapshot): boolean {
  return read.kind === 'get'
    ? seen.get(read.path) === undefined
    : seen.list(read.path, read.labelSelector, read.fieldSelector) === undefined;
}

interface Selected {
  readonly path: ResourcePath;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

function listKey({ path, labelSelector = '', fieldSelector = '' }: Selected): string {
  return `${requestPath(path)}?${labelSelector}&${fieldSelector}`;
}
