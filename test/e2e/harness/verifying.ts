/** Executions that are held in their verification, so that something can happen to them. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { patch, pathOf, until, untilObject } from './cluster.ts';
import { live, podsOfJob } from './executions.ts';
import { expectStep } from './expect-step.ts';
import type { Inputs, RunningStep, Step } from './run-action.ts';
import { EXECUTOR_NAMESPACE, type Site } from './site.ts';
import { deploy } from './workloads.ts';

/** Paths of the objects of an execution that has sent its change, and its step. */
export interface Verifying {
  readonly running: RunningStep;
  readonly job: string;
  readonly pod: string;
  /** From now on pods count as available: resolves when the step has succeeded. */
  finish(): Promise<Step>;
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
  const job = await jobOf(running);
  // What it has sent is seen sooner than the kubelet tells of its container.
  const pod = await until<V1Pod, V1Pod>(
    podsOfJob(job),
    ([first]) => first?.status?.containerStatuses?.[0]?.containerID !== undefined && first,
  );
  return {
    running,
    job: pathOf('jobs', EXECUTOR_NAMESPACE, job),
    pod: pathOf('pods', EXECUTOR_NAMESPACE, pod.metadata?.name),
    finish: async () => {
      await patch(path, { spec: { minReadySeconds: 0 } });
      const step = await running.finished;
      expectStep(step, 'succeeded', 'ok');
      return step;
    },
  };
}

/** Resolves with the name of the step's first Job once that is created. */
export async function jobOf(running: RunningStep): Promise<string> {
  const line = await running.untilLine(/^job\/\S+ created/);
  return /^job\/(\S+)/.exec(line)?.[1] ?? '';
}

/** What deployment/web of the site is to have. */
export async function replicasOf({ namespace }: Site): Promise<number | undefined> {
  return (await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas;
}
