/**
 * A stub of GitHub's artifact service, written from the contract that `@actions/artifact` 6.2 relies on: the Twirp
 * methods as JSON, the upload in blocks to a signed address, and the check of size and SHA-256 when it is finalised.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readZip } from './read-zip.ts';

export interface StoredArtifact {
  readonly id: number;
  readonly name: string;
  readonly bytes: Buffer;
  readonly expiresAt?: string;
}

export interface ArtifactService {
  readonly url: string;
  readonly token: string;
  /** What a step needs in its environment to find the service. */
  readonly env: Readonly<Record<string, string>>;
  /** The finalised ones. */
  artifacts(): readonly StoredArtifact[];
  unzip(name: string): Map<string, Buffer>;
  stop(): Promise<void>;
}

/** A step of the contract, for faults: `CreateArtifact`, `block`, `blocklist`, `FinalizeArtifact`. */
export type Stage = string;

/** Answers a stage with this HTTP status instead, or never. */
export type Fault = (stage: Stage) => number | 'stall' | undefined;

const SERVICE = '/twirp/github.actions.results.api.v1.ArtifactService/';

export async function startArtifactService(fault: Fault = () => undefined): Promise<ArtifactService> {
  const scope = { run: randomUUID(), job: randomUUID() };
  const token = jsonWebToken({ scp: `Actions.Example Actions.Results:${scope.run}:${scope.job}` });
  const store = new Store(scope);
  const server = createServer((request, response) => {
    answer(request, response, { store, token, fault, url }).catch((error: unknown) =>
      reply(response, 500, { code: 'internal', msg: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stub listens on no port');
  const url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    token,
    env: { ACTIONS_RESULTS_URL: `${url}/`, ACTIONS_RUNTIME_TOKEN: token },
    artifacts: () => store.finalised(),
    unzip: (name) => readZip(store.named(name).bytes),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Service {
  readonly store: Store;
  readonly token: string;
  readonly fault: Fault;
  readonly url: string;
}

async function answer(request: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const address = new URL(request.url ?? '/', service.url);
  const body = await bodyOf(request);
  const isCall = address.pathname.startsWith(SERVICE);
  const stage = isCall
    ? address.pathname.slice(SERVICE.length)
    : (address.searchParams.get('comp') ?? 'blob');
  const fault = service.fault(stage);
  if (fault === 'stall') return;
  if (fault !== undefined) return reply(response, fault, { code: 'unavailable', msg: `a fault at ${stage}` });
  if (!isCall) return answerBlob(request, response, { address, body, store: service.store });
  if (request.headers.authorization !== `Bearer ${service.token}`) {
    return reply(response, 401, { code: 'unauthenticated', msg: 'invalid token' });
  }
  const { status, content } = service.store.call(stage, JSON.parse(body.toString('utf8')), service.url);
  reply(response, status, content);
}

/** The blob storage, as far as an upload in blocks and a download go. */
function answerBlob(
  { method }: IncomingMessage,
  response: ServerResponse,
  { address, body, store }: { readonly address: URL; readonly body: Buffer; readonly store: Store },
): void {
  const blob = store.signed(address);
  if (blob === undefined) return reply(response, 403, { code: 'permission_denied', msg: 'wrong signature' });
  if (method === 'GET') {
    response.writeHead(200, { 'content-type': 'application/zip' }).end(blob.bytes);
    return;
  }
  const comp = address.searchParams.get('comp');
  if (comp === 'block') blob.blocks.set(address.searchParams.get('blockid') ?? '', body);
  else if (comp === 'blocklist')
    blob.commit([...body.toString('utf8').matchAll(/<Latest>([^<]+)</g)].map(([, id]) => id ?? ''));
  else blob.bytes = body;
  response.writeHead(201, { etag: `"${randomUUID()}"`, 'last-modified': new Date().toUTCString() }).end();
}

class Blob {
  readonly name: string;
  readonly signature = randomBytes(32).toString('hex');
  readonly expiresAt: string | undefined;
  readonly blocks = new Map<string, Buffer>();
  bytes: Buffer = Buffer.alloc(0);
  id: number | undefined;

  constructor(name: string, expiresAt: string | undefined) {
    this.name = name;
    this.expiresAt = expiresAt;
  }

  commit(ids: readonly string[]): void {
    this.bytes = Buffer.concat(ids.map((id) => this.blocks.get(id) ?? missing(id)));
  }
}

interface Answer {
  readonly status: number;
  readonly content: unknown;
}

type Call = Readonly<Record<string, string | undefined>>;

class Store {
  readonly #scope: { readonly run: string; readonly job: string };
  readonly #blobs = new Map<string, Blob>();

  constructor(scope: { readonly run: string; readonly job: string }) {
    this.#scope = scope;
  }

  finalised(): readonly StoredArtifact[] {
    return [...this.#blobs.values()].flatMap(({ id, name, bytes, expiresAt }) =>
      id === undefined ? [] : [{ id, name, bytes, ...(expiresAt === undefined ? {} : { expiresAt }) }],
    );
  }

  named(name: string): StoredArtifact {
    return this.finalised().find((artifact) => artifact.name === name) ?? missing(name);
  }

  signed(address: URL): Blob | undefined {
    const blob = this.#blobs.get(decodeURIComponent(address.pathname.split('/').at(-1) ?? ''));
    return blob?.signature === address.searchParams.get('sig') ? blob : undefined;
  }

  call(method: string, call: Call, url: string): Answer {
    const { run, job } = this.#scope;
    if (call['workflow_run_backend_id'] !== run || call['workflow_job_run_backend_id'] !== job) {
      return { status: 403, content: { code: 'permission_denied', msg: 'the token is of another job' } };
    }
    const blob = this.#blobs.get(call['name'] ?? '');
    if (method === 'CreateArtifact') return this.#create(call, blob, url);
    if (method === 'FinalizeArtifact') return this.#finalize(call, blob);
    if (method === 'ListArtifacts') return { status: 200, content: { artifacts: this.#list() } };
    if (method === 'GetSignedArtifactURL' && blob) {
      return { status: 200, content: { signed_url: addressOf(blob, url) } };
    }
    return { status: 404, content: { code: 'not_found', msg: `${method} of ${call['name'] ?? 'nothing'}` } };
  }

  #create(call: Call, existing: Blob | undefined, url: string): Answer {
    const name = call['name'] ?? '';
    if (existing?.id !== undefined) {
      return {
        status: 409,
        content: {
          code: 'already_exists',
          msg: `an artifact with this name already exists on the workflow run: ${name}`,
        },
      };
    }
    if (name === '' || Number(call['version']) < 4) {
      return {
        status: 400,
        content: { code: 'invalid_argument', msg: 'name and version 4 or later are needed' },
      };
    }
    const blob = new Blob(name, call['expires_at']);
    this.#blobs.set(name, blob);
    return { status: 200, content: { ok: true, signed_upload_url: addressOf(blob, url) } };
  }

  #finalize(call: Call, blob: Blob | undefined): Answer {
    if (blob === undefined) return { status: 404, content: { code: 'not_found', msg: 'no such artifact' } };
    const hash = `sha256:${createHash('sha256').update(blob.bytes).digest('hex')}`;
    if (Number(call['size']) !== blob.bytes.length || call['hash'] !== hash) {
      return {
        status: 400,
        content: { code: 'invalid_argument', msg: 'size or hash is not that of what was uploaded' },
      };
    }
    blob.id = 1000 + this.finalised().length;
    return { status: 200, content: { ok: true, artifact_id: String(blob.id) } };
  }

  #list(): readonly unknown[] {
    const { run, job } = this.#scope;
    return this.finalised().map(({ id, name, bytes }) => ({
      workflow_run_backend_id: run,
      workflow_job_run_backend_id: job,
      database_id: String(id),
      name,
      size: String(bytes.length),
    }));
  }
}

/** The client insists on a path of two parts, and masks the signature, which must not be a common word then. */
function addressOf(blob: Blob, url: string): string {
  return `${url}/container/${encodeURIComponent(blob.name)}?sig=${blob.signature}`;
}

function jsonWebToken(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.${randomBytes(16).toString('base64url')}`;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function reply(response: ServerResponse, status: number, content: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(content));
}

function missing(what: string): never {
  throw new Error(`the artifact service has no ${what}`);
}
