import { stat } from 'node:fs/promises';
import { guardOutput } from './guard-output.ts';

export interface ArtifactRequest {
  /** Unique within the workflow run; made of what GitHub allows there. */
  readonly name: string;
  /** The folder that names within the artifact are relative to. */
  readonly folder: string;
  /** Absolute paths below `folder`. */
  readonly files: readonly string[];
  /** The repository's own limit where it is shorter or this is absent. */
  readonly retentionDays?: number;
  /** From then on little time is left: the runner kills a cancelled step. */
  readonly cancelled?: AbortSignal;
}

export interface ArtifactResult {
  readonly id: number;
  readonly name: string;
  readonly url: string;
  /** SHA-256 of the zip, in hex. */
  readonly digest: string;
  readonly bytes: number;
  /** Files that vanished or shrank, as a sentence; the artifact may lack them or their end. */
  readonly incomplete?: string;
}

const TIMEOUT_MS = 60_000;
/** Of the ten seconds between a cancellation and the kill. */
const CANCELLED_TIMEOUT_MS = 4_000;
/** Of what is collected there can be much: slower than this and it is given up. */
const LEAST_BYTES_PER_MS = 2_000;

/**
 * Uploads the files as an artifact of the workflow run, or says in a sentence why not; never throws, since what became
 * of the operation doesn't depend on it. The client can't be stopped: after a timeout it goes on until the process
 * exits, so the step must end it by `exit`.
 */
export async function uploadArtifact(
  request: ArtifactRequest,
): Promise<ArtifactResult | { skipped: string }> {
  const missing = missingService(process.env);
  if (missing !== undefined) return { skipped: `No artifact was uploaded: ${missing}` };
  const sizes = await sizesOf(request.files);
  const files = [...sizes.keys()];
  if (files.length === 0) return { skipped: 'No artifact was uploaded: there is nothing to upload.' };
  try {
    return await sendInTime(request, files, sizes);
  } catch (error) {
    return { skipped: `The artifact could not be uploaded: ${describe(error)}` };
  }
}

/** `kubernetes-executor-<execution id>`; the id makes it unique among attempts and the jobs of a matrix. */
export function artifactNameOf(executionId: string): string {
  return `kubernetes-executor-${executionId}`;
}

/** Where the artifact can be downloaded by whoever may read the repository. */
function artifactUrl(id: number, env: Readonly<Record<string, string | undefined>>): string {
  const server = env['GITHUB_SERVER_URL'] ?? 'https://github.com';
  return `${server}/${env['GITHUB_REPOSITORY'] ?? ''}/actions/runs/${env['GITHUB_RUN_ID'] ?? ''}/artifacts/${id}`;
}

async function sendInTime(
  request: ArtifactRequest,
  files: readonly string[],
  sizes: ReadonlyMap<string, number>,
): Promise<ArtifactResult | { skipped: string }> {
  const timeoutMs = TIMEOUT_MS + Math.ceil(sum(sizes.values()) / LEAST_BYTES_PER_MS);
  const limit = openTimeLimit(timeoutMs, request.cancelled);
  const sent = guardOutput(() => send(request, files));
  // It may still fail after the timeout, when nobody waits for it any more; what it writes then is guarded as well.
  sent.catch(() => undefined);
  const answer = await Promise.race([sent, limit.over]).finally(limit.end);
  if (typeof answer === 'number') {
    return { skipped: `The artifact was not uploaded within ${Math.round(answer / 100) / 10} s.` };
  }
  const { id, digest, size } = answer;
  if (id === undefined) return { skipped: 'The artifact service took the artifact without giving it an id.' };
  const incomplete = await changesSince(request.files, sizes);
  return {
    id,
    name: request.name,
    url: artifactUrl(id, process.env),
    digest: digest ?? '',
    bytes: size ?? 0,
    ...(incomplete === undefined ? {} : { incomplete }),
  };
}

/** `over` resolves with the limit that was reached. */
function openTimeLimit(timeoutMs: number, cancelled: AbortSignal | undefined) {
  const { promise, resolve } = Promise.withResolvers<number>();
  const start = (ms: number) => setTimeout(() => resolve(ms), ms);
  let timer = start(timeoutMs);
  const hurry = (): void => {
    clearTimeout(timer);
    timer = start(Math.min(CANCELLED_TIMEOUT_MS, timeoutMs));
  };
  if (cancelled?.aborted) hurry();
  else cancelled?.addEventListener('abort', hurry, { once: true });
  const end = (): void => {
    clearTimeout(timer);
    cancelled?.removeEventListener('abort', hurry);
  };
  return { over: promise, end };
}

async function send({ name, folder, retentionDays }: ArtifactRequest, files: readonly string[]) {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const options = retentionDays === undefined ? {} : { retentionDays };
  return new DefaultArtifactClient().uploadArtifact(name, [...files], folder, options);
}

function missingService(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const server = URL.parse(env['GITHUB_SERVER_URL'] || 'https://github.com')?.hostname ?? '';
  if (server !== 'github.com' && !server.endsWith('.ghe.com') && !server.endsWith('.localhost')) {
    return `${server} is a GitHub Enterprise Server, which has no artifact service of this kind.`;
  }
  const absent = ['ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL'].filter((name) => !env[name]);
  return absent.length === 0
    ? undefined
    : `there is no artifact service (${absent.join(' and ')} not set), as outside GitHub Actions.`;
}

/** Of the regular files among them. */
async function sizesOf(files: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const stats = await Promise.all(
    files.map(async (file) => [file, await stat(file).catch(() => undefined)] as const),
  );
  return new Map(stats.flatMap(([file, found]) => (found?.isFile() ? [[file, found.size] as const] : [])));
}

function sum(sizes: Iterable<number>): number {
  return [...sizes].reduce((total, size) => total + size, 0);
}

/** The client uploads a file that vanished as if it had never been asked for, and says nothing. */
async function changesSince(
  files: readonly string[],
  before: ReadonlyMap<string, number>,
): Promise<string | undefined> {
  const after = await sizesOf(files);
  const changed = files.filter((file) => (after.get(file) ?? -1) < (before.get(file) ?? 0));
  return changed.length === 0
    ? undefined
    : `The artifact may be incomplete: ${changed.join(', ')} vanished or shrank.`;
}

/** The storage's own error has an empty message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const status =
    'statusCode' in error && typeof error.statusCode === 'number' ? ` (HTTP ${error.statusCode})` : '';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return `${error.message.split('\n')[0] || code}${status}`;
}
