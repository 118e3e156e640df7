/** Whether the cluster itself works again: after an outage its controllers come back one by one, up to half a minute late. */
import { create, pathOf, remove } from '../e2e/harness/cluster.ts';
import { BUSYBOX } from '../e2e/harness/workloads.ts';
import type { Eyes } from './eyes.ts';
import { insist } from './insist.ts';

const WAIT_MS = 120_000;

/** Resolves when a Job of ours, which has nothing to do with the product, has come to its end. */
export async function untilRecovered(eyes: Eyes, namespace: string): Promise<void> {
  const name = `probe-${crypto.randomUUID().slice(0, 8)}`;
  const label = { probe: name };
  const container = { name: 'probe', image: BUSYBOX, imagePullPolicy: 'IfNotPresent', command: ['true'] };
  await insist(() =>
    create(`/apis/batch/v1/namespaces/${namespace}/jobs`, {
      metadata: { name },
      spec: {
        template: { metadata: { labels: label }, spec: { restartPolicy: 'Never', containers: [container] } },
      },
    }),
  );
  const isOver = () =>
    eyes
      .all('pods')
      .some(({ metadata, status }) => metadata?.labels?.['probe'] === name && status?.phase === 'Succeeded');
  await eyes.until(isOver, WAIT_MS);
  await insist(() => remove(pathOf('jobs', namespace, name)));
}
