/** Executions that are held in their verification, so that something can happen to them. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { list, pathOf, untilObject } from './cluster.ts';
import { live, podsOfJob } from './executions.ts';
import type { Inputs, RunningStep } from './run-action.ts';
import { EXECUTOR_NAMESPACE, type Site } from './site.ts';
import { deploy } from './workloads.ts';

/** Paths of the objects of an execution that has sent its change, and its step. */
export interface Verifying {
  readonly running: RunningStep;
  readonly job: string;
  readonly pod: string;
}

/** Scales deployment/web from 0 to 1, whose pod never counts as available. */
export async function startVerifying(site: Site, inputs: Inputs = {}): Promise<Verifying> {
  await deploy(site.namespace, 'web', {
    spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
    replicas: 0,
  });
  const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 1' };
  const running = site.start({ ...scale, ...inputs });
  const path = pathOf('deployments', site.namespace, 'web');
  await untilObject<V1Deployment>(path, (deployment) => deployment?.spec?.replicas === 1);
  const line = await running.untilLine(/^job\/\S+ created/);
  const job = /^job\/(\S+)/.exec(line)?.[1] ?? '';
  const { path: pods, query } = podsOfJob(job);
  const [pod] = await list<V1Pod>(pods, query);
  return {
    running,
    job: pathOf('jobs', EXECUTOR_NAMESPACE, job),
    pod: pathOf('pods', EXECUTOR_NAMESPACE, pod?.metadata?.name),
  };
}

/** What deployment/web of the site is to have. */
export async function replicasOf({ namespace }: Site): Promise<number | undefined> {
  return (await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas;
}
