/** The Events about an execution's Job and its pod. */
import type { ApiServer } from '../cluster/api.ts';
import { listObjects } from '../cluster/typed.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { textAt } from '../plan/pointer.ts';
import { isTelling } from './start-failure.ts';
import type { JobRef } from './stop-execution.ts';

/** Those that may tell why it does not start, oldest first; none where they may not be read. */
export async function readEvents(
  api: ApiServer,
  job: JobRef,
  pod: KubernetesObject | undefined,
): Promise<readonly KubernetesObject[]> {
  const path = { group: '', version: 'v1', resource: 'events', namespace: job.namespace };
  const names = [job.name, ...(pod ? [pod.metadata.name] : [])];
  const lists = await Promise.all(
    names.map((name) =>
      listObjects(api, path, { fieldSelector: `involvedObject.name=${name}` }).catch(() => ({ items: [] })),
    ),
  );
  return lists
    .flatMap((list) => list.items)
    .filter(isTelling)
    .toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
}

function timeOf(event: KubernetesObject): string {
  return textAt(event, '/lastTimestamp') || textAt(event, '/eventTime');
}
