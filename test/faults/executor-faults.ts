/** What others do to the executor's Job and pod. */
import type { V1Pod } from '@kubernetes/client-node';
import { ask, pathOf } from '../e2e/harness/cluster.ts';
import { EXECUTOR_NAMESPACE } from '../e2e/harness/site.ts';
import type { Fault, Run } from './fault.ts';
import type { Stage } from './stages.ts';

/** From the moment on that there is a Job. */
const STAGES: readonly Stage[] = ['starting', 'sending', 'verifying', 'undoing'];
const POD_WAIT_MS = 8_000;

export const EXECUTOR_FAULTS: readonly Fault[] = [
  { name: 'pod deleted', kind: 'executor', stages: STAGES, inject: (run) => deletePod(run, {}) },
  {
    name: 'pod force-deleted',
    kind: 'executor',
    stages: STAGES,
    inject: (run) => deletePod(run, { gracePeriodSeconds: 0 }),
  },
  { name: 'pod evicted', kind: 'executor', stages: STAGES, inject: evictPod },
  { name: 'Job deleted', kind: 'executor', stages: STAGES, inject: deleteJob },
  { name: 'Job suspended and resumed after 3 s', kind: 'executor', stages: STAGES, inject: suspendJob },
];

async function podOf({ tracker, eyes }: Run): Promise<V1Pod | undefined> {
  return await eyes.until(() => tracker.pod(), POD_WAIT_MS);
}

async function deletePod(run: Run, options: object): Promise<void> {
  const pod = await podOf(run);
  if (pod) await demand('DELETE', pathOf('pods', EXECUTOR_NAMESPACE, pod.metadata?.name), options);
}

async function evictPod(run: Run): Promise<void> {
  const name = (await podOf(run))?.metadata?.name;
  if (name === undefined) return;
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: EXECUTOR_NAMESPACE },
  };
  await demand('POST', `${pathOf('pods', EXECUTOR_NAMESPACE, name)}/eviction`, body);
}

async function deleteJob({ tracker }: Run): Promise<void> {
  const options = { propagationPolicy: Math.random() < 0.5 ? 'Background' : 'Foreground' };
  await demand('DELETE', pathOf('jobs', EXECUTOR_NAMESPACE, tracker.job()), options);
}

async function suspendJob({ tracker }: Run): Promise<void> {
  const path = pathOf('jobs', EXECUTOR_NAMESPACE, tracker.job());
  const suspend = (value: boolean) =>
    demand('PATCH', path, { spec: { suspend: value } }, 'application/merge-patch+json');
  await suspend(true);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await suspend(false);
}

/** What is gone by now, or has ended, needs no fault any more. */
async function demand(method: string, path: string, body: object, contentType?: string): Promise<void> {
  const { status, text } = await ask(method, path, body, contentType);
  if (status >= 300 && ![404, 409, 422].includes(status))
    throw new Error(`${method} ${path}: ${status} ${text}`);
}
