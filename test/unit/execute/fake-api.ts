/**
 * A fake API server in memory: real enough for preconditions, conflicts, dry runs, watches and lost answers, and no
 * more. It has no admission, no defaults and no controllers; `onWrite` plays those that a test needs.
 */
import type { ApiRequest, ApiResponse, ApiServer } from '../../../src/cluster/api.ts';
import { ApiError, NoAnswer } from '../../../src/cluster/errors.ts';
import { leavesOpen } from '../../../src/cluster/retry.ts';
import { isRecord } from '../../../src/plan/json.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { applyJsonPatch, PatchRefused } from '../plan/json-patch.ts';
import { FakeStore, isSelectedBy, pathTo } from './fake-store.ts';

/** Whether a request is meant. */
export type Match = (request: ApiRequest) => boolean;

interface Fault {
  readonly match: Match;
  times: number;
  readonly fail: (request: ApiRequest) => ApiResponse | NoAnswer;
}

/** Of the server; `cause` is a `Status.details.causes[].reason`. A `body` stands for the Status. */
export interface Said {
  readonly status: number;
  readonly body?: object;
  readonly message?: string;
  readonly cause?: string;
  readonly retryAfterSeconds?: number;
}

const SENDS = 3;
const SUBRESOURCES = ['scale', 'status', 'token', 'eviction', 'log'];

function isSentAgain(outcome: ApiResponse | NoAnswer, mayResend: boolean): boolean {
  return outcome instanceof NoAnswer
    ? mayResend || outcome.neverSent
    : mayResend && [429, 502, 503, 504].includes(outcome.status);
}

export class FakeApi implements ApiServer {
  readonly url = 'https://fake.test';
  /** All requests in order of arrival, resent ones again, watches included. */
  readonly requests: ApiRequest[] = [];
  /** Called after each write that was carried out. */
  onWrite: (request: ApiRequest) => void = () => {};
  /** While true, watches tell nothing of what happens. */
  watchesLag = false;
  /** The answer to an access review, by its resourceAttributes. */
  allows: (attributes: Readonly<Record<string, unknown>>) => boolean = () => true;
  readonly #store = new FakeStore();
  readonly #faults: Fault[] = [];

  constructor(...objects: readonly KubernetesObject[]) {
    for (const object of objects) this.put(object);
  }

  /** As somebody else would write it, past all faults. */
  put(object: KubernetesObject): KubernetesObject {
    return this.#store.write(pathTo(object), object);
  }

  /** Changes members of an object that is there, one level deep: `{ status: { replicas: 3 } }`. */
  change(object: KubernetesObject, members: Readonly<Record<string, object>>): KubernetesObject {
    const live = this.read(object);
    if (!live) throw new Error(`${object.metadata.name} is not there`);
    const changed = Object.entries(members).map(([name, value]) => {
      const held = live[name];
      return [name, { ...(isRecord(held) ? held : {}), ...value }];
    });
    return this.put({ ...live, ...Object.fromEntries(changed) });
  }

  remove(object: KubernetesObject): void {
    this.#store.delete(pathTo(object));
  }

  read(object: KubernetesObject): KubernetesObject | undefined {
    return this.#store.get(pathTo(object));
  }

  /** By its URL path, for what has no object yet. */
  at(path: string): KubernetesObject | undefined {
    return this.#store.get(path);
  }

  /** The next matching requests get this answer instead of being carried out. */
  answer(match: Match, { status, body: own, message = `said ${status}`, ...details }: Said, times = 1): void {
    const body = own ?? statusBody(status, message, details);
    this.#faults.push({ match, times, fail: () => ({ status, body, warnings: [] }) });
  }

  /** The next matching requests get no answer, carried out or not. */
  lose(match: Match, what: 'before' | 'after' | 'never-sent', times = 1): void {
    const fail = (request: ApiRequest): NoAnswer => {
      if (what === 'after') this.#carryOut(request);
      return new NoAnswer('connection reset', { neverSent: what === 'never-sent' });
    };
    this.#faults.push({ match, times, fail });
  }

  /** The writes that were asked for in earnest, as `PATCH /apis/…`. */
  get writes(): readonly string[] {
    return this.requests.filter(isRealWrite).map(({ method, path }) => `${method} ${path}`);
  }

  close(): void {}

  /** Sends again where the contract says so, without a pause. */
  async send(request: ApiRequest): Promise<ApiResponse> {
    const mayResend = request.method === 'GET' || request.resendable === true;
    let mayBeDone = false;
    for (let sends = 1; ; sends += 1) {
      await Promise.resolve();
      if (request.signal?.aborted === true) throw new NoAnswer('stopped', { isFinal: true });
      const outcome = this.#answerOf(request);
      if (sends === SENDS || !isSentAgain(outcome, mayResend)) {
        if (outcome instanceof NoAnswer) throw outcome;
        return structuredClone(mayBeDone ? { ...outcome, mayBeDone } : outcome);
      }
      mayBeDone ||= leavesOpen(outcome);
    }
  }

  async stream(request: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
    await Promise.resolve();
    this.requests.push(request);
    const fault = this.#faultOf(request);
    if (fault instanceof NoAnswer) throw fault;
    if (fault) throw new ApiError(fault.status, fault.body);
    return this.#watch(request);
  }

  async *#watch(request: ApiRequest): AsyncGenerator<Uint8Array, void, undefined> {
    const stopped = Promise.withResolvers<void>();
    request.signal?.addEventListener('abort', () => stopped.resolve(), { once: true });
    let version = Number(request.query?.['resourceVersion']);
    while (request.signal?.aborted !== true) {
      const { news } = this.#store;
      // Asked anew with each event: what a watch was allowed may be forbidden later.
      const events = this.watchesLag ? [] : this.#store.since(version, request.path);
      for (const { type, object, ...event } of events) {
        version = event.version;
        if (isSelectedBy(object, request.query))
          yield Buffer.from(`${JSON.stringify({ type, object })}\n`, 'utf8');
      }
      const fault = this.#faultOf(request);
      if (fault) throw fault instanceof NoAnswer ? fault : new ApiError(fault.status, fault.body);
      await Promise.race([news, stopped.promise]);
    }
    throw new NoAnswer('stopped', { isFinal: true });
  }

  #answerOf(request: ApiRequest): ApiResponse | NoAnswer {
    this.requests.push(request);
    return this.#faultOf(request) ?? this.#carryOut(request);
  }

  #faultOf(request: ApiRequest): ApiResponse | NoAnswer | undefined {
    const fault = this.#faults.find(({ match, times }) => times > 0 && match(request));
    if (!fault) return undefined;
    fault.times -= 1;
    return fault.fail(request);
  }

  #carryOut(request: ApiRequest): ApiResponse {
    const answer = this.#judge(request);
    if (answer.status < 300 && isRealWrite(request)) this.onWrite(request);
    return answer;
  }

  #judge(request: ApiRequest): ApiResponse {
    if (request.path.endsWith('accessreviews')) return this.#review(request);
    const { path, subresource } = splitSubresource(request.path);
    const live = this.#store.get(path);
    switch (request.method) {
      case 'GET':
        return isCollection(path) ? this.#list(request) : live ? ok(live) : notFound(path);
      case 'POST':
        return this.#create(request);
      case 'PUT':
        return this.#replace(request, live);
      case 'PATCH':
        return live ? this.#patch(request, live, subresource) : this.#apply(request);
      case 'DELETE':
        return live ? this.#delete(request, live) : notFound(path);
    }
  }

  #review({ body }: ApiRequest): ApiResponse {
    const attributes = readPointer(body, '/spec/resourceAttributes');
    const allowed = this.allows(isRecord(attributes) ? attributes : {});
    return ok({ ...(isRecord(body) ? body : {}), metadata: {}, status: { allowed } }, 201);
  }

  #list({ path, query }: ApiRequest): ApiResponse {
    const items = this.#store.list(path).filter((object) => isSelectedBy(object, query));
    return ok({ kind: 'List', metadata: { resourceVersion: this.#store.version }, items });
  }

  #create(request: ApiRequest): ApiResponse {
    const object = request.body as KubernetesObject;
    const path = `${request.path}/${object.metadata.name}`;
    if (this.#store.get(path)) return refused(409, `${path} already exists`, 'AlreadyExists');
    return ok(this.#store_(request, path, managedBy(request, object), undefined), 201);
  }

  /** Of what is not there, which no other patch makes. */
  #apply(request: ApiRequest): ApiResponse {
    if (request.contentType !== 'application/apply-patch+yaml') return notFound(request.path);
    const object = request.body as KubernetesObject;
    const { resourceVersion: _none, ...metadata } = object.metadata;
    const created = managedBy(request, { ...object, metadata });
    return ok(this.#store_(request, request.path, created, undefined), 201);
  }

  /** A PUT of what is gone creates it, unless it names a uid. */
  #replace(request: ApiRequest, live: KubernetesObject | undefined): ApiResponse {
    const object = request.body as KubernetesObject;
    const { uid, resourceVersion } = object.metadata;
    const isStale =
      (uid !== undefined && uid !== live?.metadata.uid) ||
      (resourceVersion !== undefined && live && resourceVersion !== live.metadata.resourceVersion);
    if (isStale) return refused(409, 'the object has been modified', 'Conflict');
    return ok(this.#store_(request, request.path, object, live));
  }

  #patch(request: ApiRequest, live: KubernetesObject, subresource: string): ApiResponse {
    try {
      const { path } = splitSubresource(request.path);
      const patched = subresource === 'scale' ? scaled(live, request.body) : patchedBy(request, live);
      const stored = this.#store_(request, path, patched, live);
      return ok(subresource === 'scale' ? scaleOf(stored) : stored);
    } catch (error) {
      if (!(error instanceof PatchRefused)) throw error;
      return refused(422, 'the server rejected our request due to an error in our request', 'Invalid');
    }
  }

  #delete(request: ApiRequest, live: KubernetesObject): ApiResponse {
    const uid = readPointer(request.body, '/preconditions/uid');
    if (uid !== undefined && uid !== live.metadata.uid) {
      return refused(409, `the UID in the precondition (${JSON.stringify(uid)}) does not match`, 'Conflict');
    }
    if (!isDryRun(request)) this.#store.delete(request.path);
    return ok(live);
  }

  #store_(
    request: ApiRequest,
    path: string,
    object: KubernetesObject,
    live: KubernetesObject | undefined,
  ): KubernetesObject {
    return isDryRun(request) ? this.#store.stamp(object, live) : this.#store.write(path, object);
  }
}

/** `on('PATCH', '/scale')`: by method and the end of the path. */
export function on(method: ApiRequest['method'], pathEnd: string): Match {
  return (request) => request.method === method && request.path.endsWith(pathEnd);
}

/** The server keeps who wrote a field. */
function managedBy({ query }: ApiRequest, object: KubernetesObject): KubernetesObject {
  const manager = query?.['fieldManager'];
  if (manager === undefined) return object;
  const metadata = { ...object.metadata, managedFields: [{ manager, operation: 'Apply' }] };
  return { ...object, metadata };
}

/** With a body the server looks for it there alone, whatever the query says. */
function isDryRun({ method, query, body }: ApiRequest): boolean {
  if (method === 'DELETE' && body !== undefined) return readPointer(body, '/dryRun/0') === 'All';
  return query?.['dryRun'] === 'All';
}

function isRealWrite(request: ApiRequest): boolean {
  return request.method !== 'GET' && !isDryRun(request) && !request.path.endsWith('reviews');
}

function splitSubresource(path: string): { readonly path: string; readonly subresource: string } {
  const end = path.lastIndexOf('/');
  const last = path.slice(end + 1);
  return SUBRESOURCES.includes(last)
    ? { path: path.slice(0, end), subresource: last }
    : { path, subresource: '' };
}

function isCollection(path: string): boolean {
  const [, api, ...rest] = path.split('/');
  const segments = api === 'api' ? rest.slice(1) : rest.slice(2);
  return segments[0] === 'namespaces' ? segments.length === 3 : segments.length === 1;
}

function patchedBy({ contentType, body }: ApiRequest, live: KubernetesObject): KubernetesObject {
  if (contentType === 'application/json-patch+json') return applyJsonPatch(live, body) as KubernetesObject;
  return merged(live, body) as KubernetesObject;
}

function merged(live: unknown, patch: unknown): unknown {
  if (!isRecord(patch) || !isRecord(live)) return patch;
  return Object.entries(patch).reduce<Record<string, unknown>>(
    (result, [name, value]) => ({ ...result, [name]: merged(live[name], value) }),
    { ...live },
  );
}

/** A Scale of no replicas has an empty spec. */
function scaleOf({ metadata, spec }: KubernetesObject): Record<string, unknown> {
  const replicas = readPointer(spec, '/replicas');
  return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: replicas === 0 ? {} : { replicas } };
}

function scaled(live: KubernetesObject, body: unknown): KubernetesObject {
  const replicas = readPointer(applyJsonPatch(scaleOf(live), body), '/spec/replicas') ?? 0;
  return { ...live, spec: { ...(isRecord(live['spec']) ? live['spec'] : {}), replicas } };
}

function ok(body: unknown, status = 200): ApiResponse {
  return { status, body, warnings: [] };
}

function notFound(path: string): ApiResponse {
  return refused(404, `${path} not found`, 'NotFound');
}

function refused(status: number, message: string, reason: string): ApiResponse {
  return { status, body: { ...statusBody(status, message, {}), reason }, warnings: [] };
}

function statusBody(status: number, message: string, { cause, retryAfterSeconds }: Partial<Said>): object {
  const details = {
    ...(cause === undefined ? {} : { causes: [{ reason: cause }] }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
  return { kind: 'Status', status: 'Failure', code: status, message, details };
}
