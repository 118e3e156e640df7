/** Parts of the installation that are altered or taken away for the time of a test. */
import type { V1ConfigMap, V1ObjectMeta } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import { create, patch, pathOf, type Resource, read, remove } from '../harness/cluster.ts';
import { live } from '../harness/executions.ts';
import { EXECUTOR_NAMESPACE } from '../harness/site.ts';

const INSTALLATION = pathOf('configmaps', EXECUTOR_NAMESPACE, 'executor-installation');

/** Executors run in this image. */
export async function useImage(image: string): Promise<void> {
  const { data } = await live<V1ConfigMap>(INSTALLATION);
  onTestFinished(async () => void (await patch(INSTALLATION, { data })));
  await patch(INSTALLATION, { data: { ...data, image, images: `${data?.['images']} ${image}` } });
}

/** Executors' images are pulled with a Secret that is not there. */
export async function usePullSecret(account: string, name: string): Promise<void> {
  const path = pathOf('serviceaccounts', EXECUTOR_NAMESPACE, account);
  onTestFinished(async () => void (await patch(path, { imagePullSecrets: null })));
  await patch(path, { imagePullSecrets: [{ name }] });
}

export async function programName(): Promise<string> {
  const { data } = await live<V1ConfigMap>(INSTALLATION);
  return data?.['programs']?.split(' ')[0] ?? '';
}

/** Deletes it, and makes it anew when the test is over. */
export async function takeAway(resource: Resource, name: string): Promise<void> {
  const path = pathOf(resource, EXECUTOR_NAMESPACE, name);
  const { metadata, ...rest } = await live<{ metadata: V1ObjectMeta }>(path);
  const { labels = {}, annotations = {} } = metadata;
  onTestFinished(async () => {
    if ((await read(path)) === undefined)
      await create(pathOf(resource, EXECUTOR_NAMESPACE), {
        ...rest,
        metadata: { name, labels, annotations },
      });
  });
  await remove(path);
}
