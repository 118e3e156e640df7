import { readCommand, runCommand } from './run-command.ts';
import { foreignKubeconfig, say, setUpCluster } from './toolbox.ts';

const script = 'test/cluster/cluster';

/** Three nodes, so that pods can be drained and spread. */
const NODES = '3';

export interface TestCluster {
  readonly kubeconfig: string;
  /** Whether it ran before, or is somebody else's: then it isn't ours to end. */
  readonly wasUp: boolean;
}

/** The cluster named by KUBECONFIG_E2E, else the one numbered by CLUSTER (1), which is started if it isn't up. */
export async function startCluster(): Promise<TestCluster> {
  if (foreignKubeconfig !== undefined) return { kubeconfig: foreignKubeconfig, wasUp: true };
  const wasUp = (await runCommand(script, ['alive'])).code === 0;
  const said = await readCommand(script, ['up', NODES]);
  const kubeconfig = said.replace('KUBECONFIG=', '');
  if (!wasUp) say(`a Kubernetes cluster of ${NODES} nodes is up`);
  return { kubeconfig, wasUp };
}

export async function endCluster(): Promise<void> {
  await readCommand(script, ['down']);
}

/** The programs of the cluster unless it is somebody else's. */
export async function prepareCluster(): Promise<void> {
  if (foreignKubeconfig === undefined) await setUpCluster();
}
