/**
 * The cluster as its administrator sees it, for setting up and asserting: a `kubectl proxy` on a socket, which serves
 * whatever credentials the kubeconfig holds. Nothing of the product is used here, so that a mistake in it can't hide.
 */
import { type Answer, askAt, openAt, textOf } from './admin.ts';
import { clusterUnderTest } from './under-test.ts';

const GROUPS = {
  configmaps: '/api/v1',
  events: '/api/v1',
  limitranges: '/api/v1',
  namespaces: '/api/v1',
  nodes: '/api/v1',
  pods: '/api/v1',
  resourcequotas: '/api/v1',
  secrets: '/api/v1',
  serviceaccounts: '/api/v1',
  services: '/api/v1',
  daemonsets: '/apis/apps/v1',
  persistentvolumes: '/api/v1',
  deployments: '/apis/apps/v1',
  replicasets: '/apis/apps/v1',
  statefulsets: '/apis/apps/v1',
  horizontalpodautoscalers: '/apis/autoscaling/v2',
  jobs: '/apis/batch/v1',
  leases: '/apis/coordination.k8s.io/v1',
  poddisruptionbudgets: '/apis/policy/v1',
  clusterroles: '/apis/rbac.authorization.k8s.io/v1',
  clusterrolebindings: '/apis/rbac.authorization.k8s.io/v1',
  roles: '/apis/rbac.authorization.k8s.io/v1',
  rolebindings: '/apis/rbac.authorization.k8s.io/v1',
  mutatingadmissionpolicies: '/apis/admissionregistration.k8s.io/v1',
  mutatingadmissionpolicybindings: '/apis/admissionregistration.k8s.io/v1',
  validatingadmissionpolicies: '/apis/admissionregistration.k8s.io/v1',
  validatingadmissionpolicybindings: '/apis/admissionregistration.k8s.io/v1',
  validatingwebhookconfigurations: '/apis/admissionregistration.k8s.io/v1',
  priorityclasses: '/apis/scheduling.k8s.io/v1',
} as const;

export type Resource = keyof typeof GROUPS;

/** The path of a collection, or of one object in it. */
export function pathOf(resource: Resource, namespace?: string, name?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${GROUPS[resource]}${within}/${resource}${name === undefined ? '' : `/${name}`}`;
}

/** Resolves with any answer of the API server. */
export async function ask(
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
): Promise<Answer> {
  const sent = { method, path, ...(body === undefined ? {} : { body }) };
  return await askAt(clusterUnderTest().socket, contentType === undefined ? sent : { ...sent, contentType });
}

/** The live object, or `undefined` where there is none. `T` is what the test believes of it. */
export async function read<T>(path: string): Promise<T | undefined> {
  const answer = await ask('GET', path);
  return answer.status === 404 ? undefined : parse<T>(answer, `GET ${path}`);
}

/** The objects of a collection; `query` as in the API: `labelSelector=a%3Db`. */
export async function list<T>(path: string, query = ''): Promise<readonly T[]> {
  const answer = await ask('GET', `${path}?${query}`);
  return parse<{ items: readonly T[] }>(answer, `GET ${path}`).items;
}

export async function create<T>(path: string, body: unknown): Promise<T> {
  return parse<T>(await ask('POST', path, body), `POST ${path}`);
}

export async function patch<T>(path: string, body: unknown): Promise<T> {
  return parse<T>(await ask('PATCH', path, body, 'application/merge-patch+json'), `PATCH ${path}`);
}

/** Asks for the end of an object and does not wait for it; one that is gone already is no error. */
export async function remove(path: string): Promise<void> {
  const answer = await ask('DELETE', path, { propagationPolicy: 'Background' });
  if (answer.status !== 404) parse(answer, `DELETE ${path}`);
}

function parse<T>(answer: Answer, what: string): T {
  if (answer.status >= 300) throw new Error(`${what}: ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

/** What to watch: a collection, narrowed by the API's selectors. */
export interface Watched {
  readonly path: string;
  /** `fieldSelector=…&labelSelector=…`. */
  readonly query?: string;
  readonly seconds?: number;
}

interface Listed<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

interface Named {
  readonly metadata?: { readonly name?: string; readonly resourceVersion?: string };
}

/** Resolves with what `judge` finds among the collection's objects as soon as it finds something. */
export async function until<T extends Named, Found>(
  watched: Watched,
  judge: (objects: readonly T[]) => Found | undefined | false,
): Promise<Found> {
  const { path, query = '', seconds = 180 } = watched;
  const deadline = performance.now() + seconds * 1000;
  let last: readonly T[] = [];
  // The server may end a watch before its time.
  for (let leftMs = seconds * 1000; leftMs > 0; leftMs = deadline - performance.now()) {
    for await (const objects of follow<T>(path, query, Math.ceil(leftMs / 1000))) {
      const found = judge(objects);
      if (found !== undefined && found !== false) return found;
      last = objects;
    }
  }
  throw new Error(`${path}?${query} did not come true in ${seconds} s: ${JSON.stringify(last)}`);
}

/** Lists, then watches: yields all objects as they are, and again after each change. */
async function* follow<T extends Named>(
  path: string,
  query: string,
  seconds: number,
): AsyncGenerator<readonly T[]> {
  const listed = parse<Listed<T>>(await ask('GET', `${path}?${query}`), `GET ${path}`);
  const objects = new Map(listed.items.map((item) => [item.metadata?.name, item]));
  yield [...objects.values()];
  for await (const event of watch<T>(path, query, listed.metadata.resourceVersion, seconds)) {
    if (event.type === 'DELETED') objects.delete(event.object.metadata?.name);
    else objects.set(event.object.metadata?.name, event.object);
    yield [...objects.values()];
  }
}

interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

/** In place of an object, or of all events. */
interface WatchError {
  readonly type: 'ERROR';
  readonly object: { readonly code?: number };
}

/** What was listed is too old to be watched from, and has to be listed anew. */
const GONE = 410;

/** Ends after `seconds` by the server's own clock, or where it would go on from elsewhere. */
async function* watch<T>(
  path: string,
  query: string,
  from: string,
  seconds: number,
): AsyncGenerator<WatchEvent<T>> {
  const asked = `${path}?${query}&watch=1&resourceVersion=${from}&timeoutSeconds=${seconds}`;
  const { status, chunks } = await openAt(clusterUnderTest().socket, { method: 'GET', path: asked });
  if (status >= 300) {
    const said = await textOf(chunks);
    if (status === GONE) return;
    throw new Error(`watch ${path}: ${status} ${said}`);
  }
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = JSON.parse(line) as WatchEvent<T> | WatchError;
      if (event.type !== 'ERROR') yield event;
      else if (event.object.code === GONE) return;
      else throw new Error(`watch ${path}: ${line}`);
    }
  }
}

/** Resolves when the one object fulfils `judge`; `undefined` is the object that is not there. */
export async function untilObject<T extends Named>(
  path: string,
  judge: (object: T | undefined) => boolean,
  seconds?: number,
): Promise<T | undefined> {
  const cut = path.lastIndexOf('/');
  const watched = { path: path.slice(0, cut), query: `fieldSelector=metadata.name%3D${path.slice(cut + 1)}` };
  const found = await until<T, { object: T | undefined }>(
    seconds === undefined ? watched : { ...watched, seconds },
    ([object]) => judge(object) && { object },
  );
  return found.object;
}
