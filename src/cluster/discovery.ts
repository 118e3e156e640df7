/** Which kinds an API server has. */
import { isRecord } from '../plan/json.ts';
import type { ServedKind } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { ApiServer } from './api.ts';
import { discoveryPath } from './path.ts';
import { expectSuccess } from './typed.ts';

/** Without subresources; `null` where the server has no such group or version. */
export async function discoverKinds(
  api: ApiServer,
  group: string,
  version: string,
): Promise<readonly ServedKind[] | null> {
  const response = await api.send({ method: 'GET', path: discoveryPath({ group, version }) });
  if (response.status === 404) return null;
  const resources = readPointer(expectSuccess(response), '/resources');
  return (Array.isArray(resources) ? resources : [])
    .filter(isRecord)
    .filter((one) => !textAt(one, '/name').includes('/'))
    .map((one) => ({
      kind: textAt(one, '/kind'),
      resource: textAt(one, '/name'),
      namespaced: one['namespaced'] === true,
      verbs: Array.isArray(one['verbs']) ? one['verbs'].map(String) : [],
    }));
}
