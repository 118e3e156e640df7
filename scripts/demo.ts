/**
 * npm run demo: a real workflow scales a real Deployment through the action. Ends with 1 unless the cluster, the Job's
 * identity and the outputs in the workflow's later step say that it happened.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ArtifactService, startArtifactService } from '../test/e2e/artifact-service.ts';
import { runWorkflow } from '../test/e2e/harness/act.ts';
import { findFaults, readDeployment } from './demo-evidence.ts';
import { makeWorkflowKubeconfig } from './demo-identity.ts';
import { ROOT, readCommand } from './run-command.ts';
import { prepareCluster, startCluster } from './test-cluster.ts';
import { CACHE, foreignKubeconfig, installGoTool, putToolsInPath, say } from './toolbox.ts';

interface Operation {
  readonly succeeded: boolean;
  readonly printed: ReadonlyMap<string, string>;
  readonly artifacts: readonly string[];
}

const REPLICAS = 4;
const folder = join(CACHE, 'demo');

putToolsInPath();
await prepareCluster();
await installGoTool('act');
const { kubeconfig } = await startCluster();
const kubectl = (...args: string[]) => readCommand('kubectl', ['--kubeconfig', kubeconfig, ...args]);
await install();
const replicasBefore = await deployShop();
const run = await operate();
const faults = await findFaults({
  kubeconfig,
  replicasBefore,
  replicasWanted: REPLICAS,
  printed: run.printed,
});
const [artifact] = run.artifacts;
if (!run.succeeded) faults.unshift('the workflow failed');
if (artifact === undefined) faults.push('no artifact was uploaded');
for (const fault of faults) say(`NOT SHOWN: ${fault}`);
if (faults.length === 0 && artifact !== undefined) conclude(artifact);
process.exitCode = faults.length === 0 ? 0 : 1;

async function install(): Promise<void> {
  say('installing the executor: kubectl apply -k manifests');
  await kubectl('apply', '--kustomize', 'manifests');
}

/** The app, who the workflow is, and the opt-in; resolves with the replicas it has then. */
async function deployShop(): Promise<number> {
  say('deploying the app: kubectl apply -f examples/shop, and the opt-in of its namespace');
  await kubectl('apply', '--filename=examples/shop');
  await kubectl('apply', '--namespace=shop', '--filename=manifests/opt-in/scale-deployment.yaml');
  await kubectl('rollout', 'status', '--namespace=shop', 'deployment/web', '--timeout=120s');
  return (await readDeployment(kubeconfig)).spec?.replicas ?? 0;
}

async function operate(): Promise<Operation> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const identity = await makeWorkflowKubeconfig(kubeconfig);
  await writeFile(join(folder, 'workflow.kubeconfig'), identity, { mode: 0o600 });
  say(`running examples/scale.yml with act: web from ${replicasBefore} to ${REPLICAS} replicas`);
  const service = await startArtifactService();
  try {
    const { succeeded, printed } = await runWorkflow(join(ROOT, 'examples/scale.yml'), {
      inputs: { deployment: 'web', replicas: String(REPLICAS) },
      secrets: { KUBECONFIG: Buffer.from(identity).toString('base64') },
      env: service.env,
      hear: printUnlessNoise,
    });
    const names = service.artifacts().map(({ name }) => name);
    for (const name of names) await keepArtifact(name, service);
    return { succeeded, printed: readPrinted(printed), artifacts: names };
  } finally {
    await service.stop();
  }
}

/** Steps and what they print; without act's own lines about itself, masked values and the summary, which is kept as a file. */
function printUnlessNoise(line: string): void {
  if (/^\[[^\]]+\]\s+(\| |⭐|✅|❌|🏁)/u.test(line)) console.log(line);
}

/** As it was uploaded and unpacked: on GitHub it would hang on the workflow's run. */
async function keepArtifact(name: string, service: ArtifactService): Promise<void> {
  for (const [path, content] of service.unzip(name)) {
    const file = join(folder, name, join('/', path));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

function readPrinted(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^([a-z-]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function conclude(artifact: string): void {
  const kubectlPath = foreignKubeconfig === undefined ? join(CACHE, 'bin/kubectl') : 'kubectl';
  const number = process.env['CLUSTER'] ? `CLUSTER=${process.env['CLUSTER']} ` : '';
  const end =
    foreignKubeconfig === undefined ? `${number}npm run cluster:down` : 'it is not ours: KUBECONFIG_E2E';
  console.log(`
web has ${REPLICAS} replicas instead of ${replicasBefore}, the Job ran under its own ServiceAccount, and the workflow's later
step printed the outputs of that very Job.

  cluster     export KUBECONFIG=${kubeconfig}
              ${kubectlPath} get pods --namespace=shop
  workflow's  ${join(folder, 'workflow.kubeconfig')}   its identity may ask for scale-deployment in shop, nothing else
  artifact    ${join(folder, artifact)}
  summary     ${join(folder, artifact, 'summary.md')}
  end it      ${end}`);
}
