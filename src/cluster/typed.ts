/** Objects instead of answers: what most callers want of an API server. */
import { isRecord } from '../plan/json.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import type { ApiResponse, ApiServer } from './api.ts';
import { ApiError } from './errors.ts';
import { requestPath } from './path.ts';

/** Objects per request; all pages are read in any case. */
const PAGE_SIZE = 500;

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface ListOptions extends CallOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ObjectList {
  /** With `apiVersion` and `kind`, which the server leaves out within a list. */
  readonly items: readonly KubernetesObject[];
  /** Where a watch goes on. */
  readonly resourceVersion: string;
}

/** The body of a 2xx; throws `ApiError` for anything else. */
export function expectSuccess(response: ApiResponse): unknown {
  if (response.status >= 200 && response.status < 300) return response.body;
  throw new ApiError(response.status, response.body);
}

/** The same where the body must be an object with metadata. */
export function expectObject(response: ApiResponse): KubernetesObject {
  const body = expectSuccess(response);
  if (isKubernetesObject(body)) return body;
  throw new ApiError(
    response.status,
    `the answer is no Kubernetes object: ${JSON.stringify(body)?.slice(0, 200)}`,
  );
}

/** `null` when the server said 404. */
export async function getObject(
  api: ApiServer,
  path: ResourcePath,
  options: CallOptions = {},
): Promise<KubernetesObject | null> {
  const response = await api.send({ ...options, method: 'GET', path: requestPath(path) });
  return response.status === 404 ? null : expectObject(response);
}

/** All pages of a collection as of one moment. */
export async function listObjects(
  api: ApiServer,
  path: ResourcePath,
  options: ListOptions = {},
): Promise<ObjectList> {
  const first = await listPages(api, path, options);
  // The server forgets old moments after some minutes (410): begin again, as of now.
  return first ?? (await listPages(api, path, options)) ?? listWhole(api, path, options);
}

/** `undefined` when a continue token was too old. */
async function listPages(
  api: ApiServer,
  path: ResourcePath,
  options: ListOptions,
): Promise<ObjectList | undefined> {
  const items: KubernetesObject[] = [];
  let token = '';
  for (;;) {
    const paging = {
      limit: String(PAGE_SIZE),
      ...(token === '' ? {} : { continue: token }),
    };
    const response = await sendList(api, path, options, paging);
    if (response.status === 410 && token !== '') return undefined;
    const page = readList(expectSuccess(response));
    items.push(...page.items);
    if (page.token === '') return { items, resourceVersion: page.resourceVersion };
    token = page.token;
  }
}

async function listWhole(api: ApiServer, path: ResourcePath, options: ListOptions): Promise<ObjectList> {
  const { items, resourceVersion } = readList(expectSuccess(await sendList(api, path, options, {})));
  return { items, resourceVersion };
}

function sendList(
  api: ApiServer,
  path: ResourcePath,
  options: ListOptions,
  paging: Readonly<Record<string, string>>,
): Promise<ApiResponse> {
  const { labelSelector, fieldSelector, ...call } = options;
  const query = { ...selectorQuery({ labelSelector, fieldSelector }), ...paging };
  return api.send({ ...call, method: 'GET', path: requestPath(path), query });
}

export interface CreateOptions extends CallOptions {
  /** True where the object has a fixed name: a second send then ends in 409. */
  readonly resendable?: boolean;
}

/** For reviews; whoever creates what stays there looks at the answer's status himself. */
export async function createObject(
  api: ApiServer,
  path: ResourcePath,
  object: unknown,
  options: CreateOptions = {},
): Promise<KubernetesObject> {
  return expectObject(await api.send({ ...options, method: 'POST', path: requestPath(path), body: object }));
}

/** The query parameters of the selectors that are given. */
export function selectorQuery(selectors: {
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(selectors).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function readList(body: unknown): ObjectList & { readonly token: string } {
  if (
    !isRecord(body) ||
    !isRecord(body['metadata']) ||
    !(Array.isArray(body['items']) || body['items'] === null)
  ) {
    throw new ApiError(200, `the answer is no Kubernetes list: ${JSON.stringify(body)?.slice(0, 200)}`);
  }
  const raw: readonly unknown[] = body['items'] ?? [];
  const type = { apiVersion: textOf(body['apiVersion']), kind: textOf(body['kind']).replace(/List$/, '') };
  const items = raw.filter(isKubernetesObject).map((item) => ({ ...type, ...item }));
  const { resourceVersion, continue: token } = body['metadata'];
  return { items, resourceVersion: textOf(resourceVersion), token: textOf(token) };
}

/** Reviews and tokens come back with metadata that has no name: enough to be read as an object. */
export function isKubernetesObject(value: unknown): value is KubernetesObject {
  return isRecord(value) && isRecord(value['metadata']);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
