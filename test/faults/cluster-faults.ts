/** Parts of the cluster that die, and come back at once or after a while. */
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CLUSTER } from '../e2e/harness/open-cluster.ts';
import type { Fault, Run } from './fault.ts';
import { ALL_STAGES, type Stage } from './stages.ts';

const run = promisify(execFile);
const AWAY_MS = 20_000;
const POD_WAIT_MS = 8_000;

/** Once there is a plan in the cluster. */
const IN_CLUSTER: readonly Stage[] = ['starting', 'sending', 'verifying', 'undoing'];

export const CLUSTER_FAULTS: readonly Fault[] = [
  killed('kube-apiserver'),
  killed('etcd'),
  // The controllers, too, come back late: a verification may run out of time, and is undone then.
  away('kube-apiserver', ALL_STAGES, () => false),
  away('etcd', ['observing', 'launching', 'sending', 'verifying'], () => false),
  away('kube-scheduler', ['launching', 'starting', 'verifying'], () => true),
  away('kube-controller-manager', ['launching', 'starting', 'sending'], () => true),
  ofNode('kubelet'),
  ofNode('containerd'),
];

function killed(component: string): Fault {
  return {
    name: `${component} killed`,
    kind: 'cluster',
    stages: ALL_STAGES,
    survives: (stage) => IN_CLUSTER.includes(stage),
    inject: async () => command('kill', component),
  };
}

function away(component: string, stages: readonly Stage[], survives: (stage: Stage) => boolean): Fault {
  return {
    name: `${component} away for 20 s`,
    kind: 'cluster',
    stages,
    survives,
    inject: async () => {
      await command('stop', component);
      await pause(AWAY_MS);
      await command('start', component);
    },
  };
}

/** Of the node that the executor runs on. */
function ofNode(component: string): Fault {
  return {
    name: `${component} of the executor's node killed`,
    kind: 'cluster',
    stages: IN_CLUSTER,
    survives: () => true,
    inject: async ({ tracker, eyes }: Run) => {
      const node = await eyes.until(() => tracker.pod()?.spec?.nodeName, POD_WAIT_MS);
      if (node !== undefined) await command('kill', node.replace('node', component));
    },
  };
}

async function command(...args: readonly string[]): Promise<void> {
  await run(CLUSTER, args);
}
