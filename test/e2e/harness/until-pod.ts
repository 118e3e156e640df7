/**
 * What becomes of a pod that is created: admission hears of quotas, labels, policies and ServiceAccounts through watches
 * of its own, and trails the answer that changed them. Asked by dry runs, which leave no pod.
 */
import { askUntil } from './ask-until.ts';
import { ask, pathOf } from './cluster.ts';
import { BUSYBOX } from './workloads.ts';

export type Answer = Awaited<ReturnType<typeof ask>>;

/** Resolves when such a pod would be refused with these words. */
export async function untilPodRefused(namespace: string, words: string, spec: object = {}): Promise<void> {
  const isSuch = ({ status, text }: Answer): boolean => status >= 400 && text.includes(words);
  await untilPodAnswered({ namespace, spec }, `refused with: ${words}`, isSuch);
}

export async function untilPodAnswered(
  { namespace, spec = {} }: { readonly namespace: string; readonly spec?: object },
  how: string,
  isSuch: (answer: Answer) => boolean,
): Promise<void> {
  const containers = [{ name: 'executor', image: BUSYBOX }];
  // What is there already can be patched by those who alter pods.
  const metadata = { name: 'probe', annotations: { probe: 'true' } };
  const body = { metadata, spec: { securityContext: { fsGroup: 1 }, ...spec, containers } };
  await askUntil(async () => {
    const answer = await ask('POST', `${pathOf('pods', namespace)}?dryRun=All`, body);
    return isSuch(answer) ? undefined : `a pod is not ${how}: ${answer.status} ${answer.text}`;
  });
}
