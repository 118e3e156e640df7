/** Images of our own cluster's nodes; a foreign cluster's can't be reached. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { BUSYBOX } from './workloads.ts';

const run = promisify(execFile);

/** Makes an image known to every node under this name; nothing can be pulled under it once it is removed. */
export async function tagImage(name: string): Promise<void> {
  await onEveryNode('tag', BUSYBOX, name);
}

export async function removeImage(name: string): Promise<void> {
  await onEveryNode('remove', '--sync', name);
}

async function onEveryNode(...args: string[]): Promise<void> {
  const folder = inject('cluster').run;
  const nodes = readdirSync(folder).filter((entry) => /^node-\d+-files$/.test(entry));
  await Promise.all(
    nodes.map((node) => {
      const socket = join(folder, node, 'containerd.sock');
      return run('ctr', ['--address', socket, '--namespace', 'k8s.io', 'images', ...args]);
    }),
  );
}
