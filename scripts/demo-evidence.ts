/** Whether the demo did what it shows, judged by the cluster and not by what the action says. */
import type { V1Deployment, V1Job, V1PodList } from '@kubernetes/client-node';
import { ANNOTATION, EXECUTOR_NAMESPACE, LABEL, serviceAccountOf } from '../src/plan/names.ts';
import { readCommand, runCommand } from './run-command.ts';

export interface Demonstration {
  readonly kubeconfig: string;
  readonly replicasBefore: number;
  readonly replicasWanted: number;
  /** `name=value` lines that the workflow's later step printed. */
  readonly printed: ReadonlyMap<string, string>;
}

const ACCOUNT = serviceAccountOf('scale-deployment');

/** A sentence per thing that is not as it should be. */
export async function findFaults(shown: Demonstration): Promise<string[]> {
  const job = shown.printed.get('job')?.replace(`${EXECUTOR_NAMESPACE}/`, '') ?? '';
  if (job === '') return ['the later step printed no Job'];
  await untilComplete(shown.kubeconfig, job);
  const [deployment, jobs, pods] = await Promise.all([
    readDeployment(shown.kubeconfig),
    readObject<V1Job>(shown.kubeconfig, EXECUTOR_NAMESPACE, 'job', job),
    readObject<V1PodList>(
      shown.kubeconfig,
      EXECUTOR_NAMESPACE,
      'pods',
      `--selector=batch.kubernetes.io/job-name=${job}`,
    ),
  ]);
  return [
    ...deploymentFaults(deployment, shown),
    ...jobFaults(jobs, pods),
    ...outputFaults(jobs, shown.printed),
  ];
}

/** A Job says so some two seconds after its pod has ended; a failed one is for the faults to tell. */
async function untilComplete(kubeconfig: string, job: string): Promise<void> {
  const args = ['wait', '--for=condition=complete', '--timeout=20s', `job/${job}`];
  await runCommand('kubectl', ['--kubeconfig', kubeconfig, `--namespace=${EXECUTOR_NAMESPACE}`, ...args]);
}

export async function readDeployment(kubeconfig: string): Promise<V1Deployment> {
  return readObject<V1Deployment>(kubeconfig, 'shop', 'deployment', 'web');
}

async function readObject<T>(kubeconfig: string, namespace: string, ...what: string[]): Promise<T> {
  const args = ['--kubeconfig', kubeconfig, `--namespace=${namespace}`, 'get', ...what, '--output=json'];
  return JSON.parse(await readCommand('kubectl', args));
}

function deploymentFaults(
  { spec, status }: V1Deployment,
  { replicasBefore, replicasWanted }: Demonstration,
): string[] {
  return [
    ...faultUnless(replicasBefore !== replicasWanted, `the Deployment had ${replicasWanted} replicas before`),
    ...faultUnless(
      spec?.replicas === replicasWanted,
      `the Deployment asks for ${spec?.replicas} replicas, not ${replicasWanted}`,
    ),
    ...faultUnless(
      status?.readyReplicas === replicasWanted,
      `${status?.readyReplicas ?? 0} of ${replicasWanted} pods are ready`,
    ),
  ];
}

function jobFaults({ spec, status }: V1Job, { items }: V1PodList): string[] {
  const accounts = [
    spec?.template.spec?.serviceAccountName,
    ...items.map((pod) => pod.spec?.serviceAccountName),
  ];
  return [
    ...faultUnless(
      accounts.every((account) => account === ACCOUNT),
      `the Job ran as ${accounts.join(', ')}, not as ${ACCOUNT}`,
    ),
    ...faultUnless(status?.succeeded === 1, 'the Job did not succeed'),
  ];
}

function outputFaults({ metadata }: V1Job, printed: ReadonlyMap<string, string>): string[] {
  const expected = {
    result: 'succeeded',
    changed: 'true',
    'execution-id': metadata?.labels?.[LABEL.executionId],
    'plan-hash': metadata?.annotations?.[ANNOTATION.planHash],
  };
  return Object.entries(expected).flatMap(([name, value]) =>
    faultUnless(
      printed.get(name) === value,
      `the later step printed ${name}=${printed.get(name)}, not ${value}`,
    ),
  );
}

function faultUnless(holds: boolean, sentence: string): string[] {
  return holds ? [] : [sentence];
}
