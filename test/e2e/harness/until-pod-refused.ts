/** Admission hears of a namespace's labels and quotas through watches of its own, and trails the answer that changed them. */

import { askUntil } from './ask-until.ts';
import { ask, pathOf } from './cluster.ts';
import { BUSYBOX } from './workloads.ts';

/** Resolves when such a pod would be refused with these words. */
export async function untilPodRefused(namespace: string, words: string, podSpec: object = {}): Promise<void> {
  const spec = { ...podSpec, containers: [{ name: 'app', image: BUSYBOX }] };
  const pod = { metadata: { name: 'refused' }, spec };
  await askUntil(async () => {
    const { status, text } = await ask('POST', `${pathOf('pods', namespace)}?dryRun=All`, pod);
    return status === 403 && text.includes(words)
      ? undefined
      : `admission did not say ${words}: ${status} ${text}`;
  });
}
