/** What only the nodes of our own cluster can be made to do, by their containerd; a foreign cluster's can't be reached. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { clusterUnderTest } from './under-test.ts';
import { BUSYBOX } from './workloads.ts';

const run = promisify(execFile);

/** Makes an image known to every node under this name; nothing can be pulled under it once it is removed. */
export async function tagImage(name: string): Promise<void> {
  await onEveryNode('images', 'tag', BUSYBOX, name);
}

export async function removeImage(name: string): Promise<void> {
  await onEveryNode('images', 'remove', '--sync', name);
}

/** SIGKILL for the process of the pod's only container, as the kernel does it that runs out of memory. */
export async function killContainer({ spec, status }: V1Pod): Promise<void> {
  const id = status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
  await onNode(spec?.nodeName ?? '', 'tasks', 'kill', '--signal', 'SIGKILL', id);
}

async function onEveryNode(...args: string[]): Promise<void> {
  const folders = readdirSync(clusterUnderTest().run).filter((entry) => /^node-\d+-files$/.test(entry));
  await Promise.all(folders.map((folder) => onNode(folder.replace(/-files$/, ''), ...args)));
}

async function onNode(node: string, ...args: string[]): Promise<void> {
  const socket = join(clusterUnderTest().run, `${node}-files`, 'containerd.sock');
  await run('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args]);
}

/** Takes the container away, as if containerd had never known it; what it has in memory of it goes with a restart. */
export async function forgetContainer({ spec, status }: V1Pod): Promise<void> {
  const node = spec?.nodeName ?? '';
  const id = status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? '';
  await onNode(node, 'tasks', 'kill', '--signal', 'SIGKILL', id);
  // Its shim removes the task as it ends, and the container can be deleted after that alone.
  await onNode(node, 'tasks', 'delete', '--force', id).catch(() => undefined);
  await onNode(node, 'containers', 'delete', id);
}
