/** The fake behind a real server on the loopback, with an executor that begins when a Job has its plan. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiRequest } from '../../../src/cluster/api.ts';
import { ApiError, NoAnswer } from '../../../src/cluster/errors.ts';
import { runExecutor } from '../../../src/execute/run-executor.ts';
import { readArguments } from '../../../src/job/declared.ts';
import { LABEL } from '../../../src/plan/names.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { deployment } from '../catalog/cluster-objects.ts';
import { type Asked, json, type Loopback, openLoopback } from '../cluster/loopback.ts';
import { playDeployments } from '../execute/executions.ts';
import { FakeApi, on } from '../execute/fake-api.ts';
import { namespace } from '../gates/gate-input.ts';

export const PROGRAM_HASH = '0123456789abcdef0123456789abcdef';
const JOBS = '/apis/batch/v1/namespaces/kubernetes-executor/jobs';
const SECRETS = '/api/v1/namespaces/kubernetes-executor/secrets';

export interface WholeCluster extends AsyncDisposable {
  readonly api: FakeApi;
  readonly access: Loopback['access'];
  /** How many connections to it are open. */
  readonly connections: Loopback['open'];
  /** Names of the Jobs that are there. */
  jobs(): readonly string[];
}

export interface ClusterOptions {
  /** Whether what a Deployment is made to be comes up. */
  readonly healthy?: (workload: KubernetesObject) => boolean;
  /** Called when the executor has written to a Deployment. */
  readonly onChange?: (api: FakeApi) => void;
  /** False where pods never start. */
  readonly starts?: boolean;
}

export async function openCluster(
  objects: readonly KubernetesObject[] = [deployment()],
  options: ClusterOptions = {},
): Promise<WholeCluster> {
  const api = new FakeApi(namespace(), installation(), ...objects);
  const logs = new Map<string, Promise<readonly string[]>>();
  giveIdentities(api);
  playDeployments(api, options.healthy);
  const playController = api.onWrite;
  api.onWrite = (request) => {
    playController(request);
    if (request.path.includes('/deployments/')) options.onChange?.(api);
    const job = jobToBegin(api, request);
    if (job && options.starts !== false) logs.set(`${job.metadata.name}-abcde`, beginExecutor(api, job));
  };
  const loopback = await openLoopback(
    (asked, response, request) => void serve({ api, logs }, asked, { response, request }),
  );
  const present = (path: string): boolean => api.at(path) !== undefined;
  return {
    api,
    access: loopback.access,
    connections: loopback.open,
    jobs: () => [
      ...new Set(
        api.requests
          .filter(on('POST', '/jobs'))
          .map(({ body }) => String(readPointer(body, '/metadata/name')))
          .filter((name) => present(`${JOBS}/${name}`)),
      ),
    ],
    [Symbol.asyncDispose]: () => Promise.resolve(loopback[Symbol.asyncDispose]()),
  };
}

function installation(): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'executor-installation', namespace: 'kubernetes-executor', uid: 'uid-installation' },
    data: { image: 'node:24', programs: `executor-${PROGRAM_HASH.slice(0, 16)}` },
  };
}

function giveIdentities(api: FakeApi): void {
  const userInfo = { username: 'system:serviceaccount:ci:deployer' };
  const always = 999;
  api.answer(on('GET', '/version'), { status: 200, body: { gitVersion: 'v1.36.3', minor: '36' } }, always);
  const review = { status: 201, body: { metadata: {}, status: { userInfo } } };
  api.answer(on('POST', '/selfsubjectreviews'), review, always);
  const token = { status: 201, body: { metadata: {}, status: { token: 'of-the-action' } } };
  api.answer(on('POST', '/token'), token, always);
}

/** A pod starts when all that it mounts is there: the plan, or for a rollback the Job alone. */
function jobToBegin(api: FakeApi, { method, path, body }: ApiRequest): KubernetesObject | undefined {
  if (method !== 'POST' || (path !== SECRETS && path !== JOBS)) return undefined;
  const job = api.at(`${JOBS}/${String(readPointer(body, '/metadata/name'))}`);
  const mounted = readPointer(job, '/spec/template/spec/volumes/1/secret/secretName');
  return api.at(`${SECRETS}/${String(mounted)}`) ? job : undefined;
}

/** Puts the pod there and runs the program in it; resolves with what it has printed. */
async function beginExecutor(api: FakeApi, job: KubernetesObject): Promise<readonly string[]> {
  const pod = podOf(job);
  const running = { running: { startedAt: '2026-03-01T12:00:00Z' } };
  api.put({
    ...pod,
    status: { phase: 'Running', containerStatuses: [{ name: 'executor', state: running }] },
  });
  const spec = readPointer(job, '/spec/template/spec');
  const args = readPointer(spec, '/containers/0/args');
  const secret = api.at(`${SECRETS}/${String(readPointer(spec, '/volumes/1/secret/secretName'))}`);
  const stop = new AbortController();
  const lines: string[] = [];
  const verdict = await runExecutor(JSON.parse(String(readPointer(secret, '/stringData/plan.json'))), [], {
    declared: readArguments(Array.isArray(args) ? args.map(String) : []),
    api,
    identity: {
      namespace: 'kubernetes-executor',
      serviceAccount: String(readPointer(spec, '/serviceAccountName')),
      podName: pod.metadata.name,
      podUid: pod.metadata.uid,
    },
    stop: { signal: stop.signal, afterSeconds: () => undefined },
    printLine: (line) => lines.push(line),
  });
  const exitCode = verdict.result === 'succeeded' ? 0 : 1;
  const state = { terminated: { exitCode, startedAt: '2026-03-01T12:00:00Z' } };
  const status = { phase: exitCode === 0 ? 'Succeeded' : 'Failed', containerStatuses: [{ state }] };
  api.put({ ...pod, status });
  return lines;
}

function podOf({ metadata: { name, uid, labels = {} } }: KubernetesObject): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-abcde`,
      namespace: 'kubernetes-executor',
      uid: `uid-${name}-abcde`,
      labels: { [LABEL.executionId]: labels[LABEL.executionId] ?? '', 'batch.kubernetes.io/job-name': name },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true }],
    },
  };
}

interface Served {
  readonly api: FakeApi;
  readonly logs: ReadonlyMap<string, Promise<readonly string[]>>;
}

interface Wire {
  readonly response: ServerResponse;
  readonly request: IncomingMessage;
}

async function serve({ api, logs }: Served, asked: Asked, { response, request }: Wire): Promise<void> {
  try {
    const { pathname } = new URL(asked.url, 'https://fake.test');
    if (pathname.endsWith('/log')) return await sendLog(logs, pathname, response);
    if (asked.query.has('watch')) return await sendWatch(api, toRequest(asked, pathname), response);
    const answer = await api.send(toRequest(asked, pathname));
    json(response, answer.status, answer.body);
  } catch (error) {
    if (error instanceof ApiError) return json(response, error.status, { message: error.message });
    if (!(error instanceof NoAnswer)) throw error;
    request.socket.destroy();
  }
}

function toRequest({ method, query, body, headers }: Asked, path: string): ApiRequest {
  return {
    method: method as ApiRequest['method'],
    path,
    query: Object.fromEntries(query),
    ...(body === '' ? {} : { body: JSON.parse(body) }),
    contentType: headers['content-type'] ?? '',
  };
}

async function sendWatch(api: FakeApi, request: ApiRequest, response: ServerResponse): Promise<void> {
  const ended = new AbortController();
  response.on('close', () => ended.abort());
  const stream = await api.stream({ ...request, signal: ended.signal });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  for await (const chunk of stream) response.write(chunk);
}

/** Whole, once the executor has ended, in the kubelet's form. */
async function sendLog(
  logs: ReadonlyMap<string, Promise<readonly string[]>>,
  path: string,
  response: ServerResponse,
): Promise<void> {
  const lines = (await logs.get(path.split('/').at(-2) ?? '')) ?? [];
  response.writeHead(200);
  response.end(lines.map((line) => `2026-03-01T12:00:00.000000001Z ${line}\n`).join(''));
}
