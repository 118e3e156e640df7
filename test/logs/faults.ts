/** What the tests of this folder do to their cluster, which is one of our own. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1Node } from '@kubernetes/client-node';
import { inject } from 'vitest';
import { ask, list, pathOf, until } from '../e2e/harness/cluster.ts';

const run = promisify(execFile);
const CLUSTER = join(import.meta.dirname, '../cluster/cluster');

/** Kills a part of the cluster, `kube-apiserver` or `kubelet-1`; it comes back by itself. */
export async function kill(component: string): Promise<void> {
  const number = /(\d+)$/.exec(inject('cluster').run)?.[1] ?? '';
  await run(CLUSTER, ['kill', component], { env: { ...process.env, CLUSTER: number } });
}

/** From now on every kubelet begins a new file where a container's log is larger. `1Gi`, `1Mi`. */
export async function limitContainerLogs(size: string): Promise<void> {
  const nodes = await list<V1Node>(pathOf('nodes'));
  for (const { metadata } of nodes) {
    const name = metadata?.name ?? '';
    const file = join(inject('cluster').run, `${name}-files/kubelet.yaml`);
    const kept = readFileSync(file, 'utf8').replaceAll(/^containerLog.*\n/gm, '');
    writeFileSync(file, `${kept}containerLogMaxSize: ${size}\ncontainerLogMonitorInterval: 3s\n`);
    await kill(`kubelet-${name.split('-')[1]}`);
    await untilKubeletAnswers(name);
  }
}

/** The one that was killed may still be answering for a moment, which does no harm: the new one has read the file. */
async function untilKubeletAnswers(node: string): Promise<void> {
  for (;;) {
    const { status, text } = await ask('GET', `${pathOf('nodes', undefined, node)}/proxy/configz`);
    if (status === 200 && text.includes('"containerLogMonitorInterval":"3s"')) return;
    await until<V1Node, true>({ path: pathOf('nodes') }, (nodes) => nodes.length > 0);
  }
}

export interface Forwarder extends AsyncDisposable {
  /** `https://127.0.0.1:port`. */
  readonly url: string;
  /** How often it has cut a connection. */
  cuts(): number;
}

/** A load balancer between client and API server that cuts connections on which nothing was said for so long. */
export async function openIdleCutter(serverUrl: string, idleMs: number): Promise<Forwarder> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let cuts = 0;
  const server = createServer((near) => {
    const far = dial(Number(port || 443), hostname);
    const timer = setTimeout(() => {
      cuts += 1;
      near.destroy();
    }, idleMs);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        timer.refresh();
        to.write(chunk);
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        clearTimeout(timer);
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `https://127.0.0.1:${address.port}`,
    cuts: () => cuts,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
