import { readCommand } from './run-command.ts';

/** Long enough for a demo; the token dies with its ServiceAccount. */
const LIFETIME = '1h';

/** The kubeconfig of the workflow's identity in `examples/shop`: a token of its ServiceAccount, no certificate. JSON is YAML. */
export async function makeWorkflowKubeconfig(adminKubeconfig: string): Promise<string> {
  const kubectl = (...args: string[]) => readCommand('kubectl', ['--kubeconfig', adminKubeconfig, ...args]);
  const token = await kubectl('create', 'token', 'deployer', '--namespace=ci', `--duration=${LIFETIME}`);
  const view: { clusters: readonly { cluster: object }[] } = JSON.parse(
    await kubectl('config', 'view', '--raw', '--flatten', '--minify', '--output=json'),
  );
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'demo', cluster: view.clusters[0]?.cluster }],
    users: [{ name: 'deployer', user: { token } }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'deployer', namespace: 'shop' } }],
    'current-context': 'demo',
  });
}
