/** Makes a cluster ready to be worked on: the installation at work in it, and the administrator's door to it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { untilPoliciesAct } from './probe.ts';
import { ROOT } from './runner-environment.ts';
import type { ClusterUnderTest } from './under-test.ts';

/** The script that starts and ends our own clusters. */
export const CLUSTER = join(ROOT, 'test/cluster/cluster');
const run = promisify(execFile);

type Kubectl = (...args: string[]) => Promise<string>;

export interface OpenCluster {
  readonly cluster: ClusterUnderTest;
  /** Ends what was started for it, but not the cluster. */
  close(): void;
}

/** The cluster that `env.KUBECONFIG_E2E` names, else our own that `env.CLUSTER` numbers. */
export async function openCluster(env: NodeJS.ProcessEnv): Promise<OpenCluster> {
  const kubectl = findKubectl();
  const foreign = env['KUBECONFIG_E2E'];
  const kubeconfig = foreign ?? (await startCluster(env));
  const ask: Kubectl = async (...args) => (await run(kubectl, ['--kubeconfig', kubeconfig, ...args])).stdout;
  const said = await ask('apply', '--kustomize', join(ROOT, 'manifests'));
  const directory = mkdtempSync(join(tmpdir(), 'kubernetes-executor-e2e-'));
  const socket = join(directory, 'admin.sock');
  const proxy = await startProxy(kubectl, kubeconfig, socket);
  if (saysChanges(said)) await untilPoliciesAct(socket);
  const { server, certificateAuthority } = await findServer(ask);
  const own = foreign === undefined ? dirname(kubeconfig) : '';
  return {
    cluster: { kubeconfig, kubectl, socket, server, certificateAuthority, run: own },
    close: () => {
      proxy.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function findKubectl(): string {
  const cache = process.env['CLUSTER_CACHE'] ?? join(homedir(), '.cache/kubernetes-executor');
  const built = join(cache, 'bin/kubectl');
  return existsSync(built) ? built : 'kubectl';
}

/** Idempotent. The start program has built what it needs; `CLUSTER` chooses which one. */
async function startCluster(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await run(CLUSTER, ['up', '3'], { env });
  return stdout.trim().replace('KUBECONFIG=', '');
}

function saysChanges(applied: string): boolean {
  return applied.split('\n').some((line) => line !== '' && !line.endsWith(' unchanged'));
}

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } },
  ];
}

async function findServer(ask: Kubectl): Promise<Pick<ClusterUnderTest, 'server' | 'certificateAuthority'>> {
  const view = await ask('config', 'view', '--raw', '--flatten', '--minify', '--output=json');
  const { cluster } = (JSON.parse(view) as Kubeconfig).clusters[0];
  return { server: cluster.server, certificateAuthority: cluster['certificate-authority-data'] };
}

/** Resolves when the proxy serves. */
async function startProxy(kubectl: string, kubeconfig: string, socket: string): Promise<ChildProcess> {
  const options = ['--kubeconfig', kubeconfig, 'proxy', '--unix-socket', socket];
  const proxy = spawn(kubectl, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    proxy.stdout.once('data', () => resolve());
    proxy.once('exit', (code) => reject(new Error(`kubectl proxy ended with ${code}`)));
  });
  return proxy;
}
