/** The cluster as its administrator sees it: sets up, cleans up, and tells when something became visible. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommand } from '../scripts/run-command.ts';
import { askAt, openAt } from '../test/e2e/harness/admin.ts';

export interface Administrator extends Disposable {
  readonly kubeconfig: string;
  /** Of its `kubectl proxy`. */
  readonly socket: string;
  readonly cluster: ServerAddress;
  /** `v1.36.3`. */
  readonly serverVersion: string;
  kubectl(...args: string[]): Promise<string>;
  apply(objects: readonly object[]): Promise<void>;
  /** A GET; throws for anything but 2xx. `Shape` is what the caller believes of the answer. */
  read<Shape>(path: string): Promise<Shape>;
  /** Lists, then watches: resolves as soon as `judge` is content with the objects of a collection. */
  until<Shape extends Named>(watched: Watched, judge: (objects: readonly Shape[]) => boolean): Promise<void>;
}

export interface Watched {
  readonly path: string;
  /** `labelSelector=app%3Dweb`. */
  readonly query: string;
}

interface Named {
  readonly metadata?: { readonly name?: string };
}

export interface ServerAddress {
  readonly server: string;
  /** PEM in base64. */
  readonly certificateAuthority: string;
  /** In its certificate, where that isn't the host of its address. */
  readonly serverName?: string;
}

export async function openAdministrator(kubeconfig: string): Promise<Administrator> {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-executor-bench-'));
  const socket = join(folder, 'proxy.sock');
  const kubectl = (...args: string[]) => readCommand('kubectl', ['--kubeconfig', kubeconfig, ...args]);
  const proxy = await startProxy(kubeconfig, socket);
  const read = async <Shape>(path: string): Promise<Shape> => {
    const { status, text } = await askAt(socket, { method: 'GET', path });
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text) as Shape;
  };
  const { gitVersion } = await read<{ gitVersion: string }>('/version');
  return {
    kubeconfig,
    socket,
    cluster: await readAddress(kubectl),
    serverVersion: gitVersion,
    kubectl,
    read,
    apply: (objects) => apply(kubeconfig, objects),
    until: (watched, judge) => until(socket, watched, judge),
    [Symbol.dispose]: () => {
      proxy.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startProxy(kubeconfig: string, socket: string): Promise<ChildProcess> {
  const args = ['--kubeconfig', kubeconfig, 'proxy', '--unix-socket', socket];
  const proxy = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    proxy.stdout.once('data', () => resolve());
    proxy.once('error', reject);
    proxy.once('exit', (code) => reject(new Error(`kubectl proxy ended with ${code}`)));
  });
  return proxy;
}

interface KubeconfigView {
  readonly clusters: readonly {
    readonly cluster: { server: string; 'certificate-authority-data': string };
  }[];
}

async function readAddress(kubectl: (...args: string[]) => Promise<string>): Promise<ServerAddress> {
  const text = await kubectl('config', 'view', '--raw', '--flatten', '--minify', '--output=json');
  const [first] = (JSON.parse(text) as KubeconfigView).clusters;
  if (first === undefined) throw new Error('the kubeconfig names no cluster');
  return {
    server: first.cluster.server,
    certificateAuthority: first.cluster['certificate-authority-data'],
  };
}

async function apply(kubeconfig: string, objects: readonly object[]): Promise<void> {
  const args = ['--kubeconfig', kubeconfig, 'apply', '--filename=-'];
  const child = spawn('kubectl', args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`kubectl apply ended with ${String(code)}: ${said}`);
}

interface List<Shape> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Shape[];
}

interface WatchEvent<Shape> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Shape;
}

async function until<Shape extends Named>(
  socket: string,
  { path, query }: Watched,
  judge: (objects: readonly Shape[]) => boolean,
): Promise<void> {
  const { text } = await askAt(socket, { method: 'GET', path: `${path}?${query}` });
  const list = JSON.parse(text) as List<Shape>;
  const objects = new Map(list.items.map((object) => [object.metadata?.name, object]));
  if (judge([...objects.values()])) return;
  const from = `&watch=1&timeoutSeconds=300&resourceVersion=${list.metadata.resourceVersion}`;
  const { chunks } = await openAt(socket, { method: 'GET', path: `${path}?${query}${from}` });
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { type, object } = JSON.parse(line) as WatchEvent<Shape>;
      if (type === 'DELETED') objects.delete(object.metadata?.name);
      else objects.set(object.metadata?.name, object);
      if (judge([...objects.values()])) return;
    }
  }
  throw new Error(`what was waited for in ${path}?${query} did not come in 300 s`);
}
