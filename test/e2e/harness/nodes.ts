/** What only the nodes of our own cluster can be made to do, by their containerd; a foreign cluster's can't be reached. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { V1Pod } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
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

/** SIGKILL for the process of the pod's only container. */
export async function killContainer(pod: V1Pod): Promise<void> {
  await onNode(pod.spec?.nodeName ?? '', 'tasks', 'kill', '--signal', 'SIGKILL', containerOf(pod));
}

/** Fills the memory of the pod's only container until the kernel kills its process, which the kubelet has made its first choice. */
export async function exhaustMemory(pod: V1Pod): Promise<void> {
  // Version 1 of cgroups has a hierarchy per controller, version 2 one for all.
  const [group = ''] = globSync(
    `/sys/fs/cgroup/{memory/,}*/kubepods/*/pod*/${containerOf(pod)}/cgroup.procs`,
  );
  const hog = spawn('tail', ['/dev/zero'], { stdio: 'ignore' });
  onTestFinished(() => {
    hog.kill('SIGKILL');
  });
  writeFileSync(group, String(hog.pid));
  // Version 2 ends all of a container at once, and its group with it.
  const isAlone = (): boolean =>
    !existsSync(group) || ['', String(hog.pid)].includes(readFileSync(group, 'utf8').trim());
  while (!isAlone()) await pause(10);
  hog.kill('SIGKILL');
}

function containerOf({ metadata, status }: V1Pod): string {
  const id = status?.containerStatuses?.[0]?.containerID;
  if (!id) throw new Error(`pod ${metadata?.namespace}/${metadata?.name} has no container yet`);
  return id.replace('containerd://', '');
}

async function onEveryNode(...args: string[]): Promise<void> {
  const folders = readdirSync(clusterUnderTest().run).filter((entry) => /^node-\d+-files$/.test(entry));
  await Promise.all(folders.map((folder) => onNode(folder.replace(/-files$/, ''), ...args)));
}

async function onNode(node: string, ...args: string[]): Promise<void> {
  const socket = join(clusterUnderTest().run, `${node}-files`, 'containerd.sock');
  await run('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args]);
}

/** Fills 20 MiB of a file that the kubelet has made for the pod and counts as its ephemeral storage. */
export async function fillStorage({ spec, metadata }: V1Pod): Promise<void> {
  const pods = join(clusterUnderTest().run, `${spec?.nodeName}-files`, 'kubelet', 'pods');
  await appendFile(join(pods, metadata?.uid ?? '', 'etc-hosts'), Buffer.alloc(20 * 2 ** 20));
}

/** Takes the container away, as if containerd had never known it; what it has in memory of it goes with a restart. */
export async function forgetContainer(pod: V1Pod): Promise<void> {
  const node = pod.spec?.nodeName ?? '';
  const id = containerOf(pod);
  await onNode(node, 'tasks', 'kill', '--signal', 'SIGKILL', id);
  // Its shim removes the task as it ends, and the container can be deleted after that alone.
  await onNode(node, 'tasks', 'delete', '--force', id).catch(() => undefined);
  await onNode(node, 'containers', 'delete', id);
}
