/** Objects and their Events as text, each read once for all the files that it is in. */
import { stringify } from 'yaml';
import type { ApiServer } from '../cluster/api.ts';
import { requestPath } from '../cluster/path.ts';
import { getObject, listObjects } from '../cluster/typed.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { CollectedObject, EventsContent, ObjectContent, OverviewContent } from '../plan/plan.ts';
import { textAt } from '../plan/pointer.ts';
import { renderEvents, renderOverview } from './diagnostics.ts';
import { redactObject } from './redact-object.ts';

export interface ObjectReader {
  /** Throws where an object is gone or is another than was planned. */
  text(content: ObjectContent | EventsContent | OverviewContent): Promise<string>;
}

export function openObjectReader(api: ApiServer, signal: AbortSignal): ObjectReader {
  const readObject = once(({ path }: CollectedObject) => getObject(api, path, { signal }));
  const readEvents = once(async (namespace: string) => {
    const path = { group: '', version: 'v1', resource: 'events', namespace };
    return (await listObjects(api, path, { signal })).items;
  });
  const object = async (one: CollectedObject): Promise<KubernetesObject> => {
    const found = await readObject(requestPath(one.path), one);
    if (found?.metadata.uid === one.uid) return found;
    throw new Error(`${one.path.resource}/${one.path.name ?? ''} is gone since the plan was made`);
  };
  const eventsOf = async ({ namespace, objects }: EventsContent | OverviewContent) => {
    const uids = new Set(objects.map(({ uid }) => uid));
    const events = await readEvents(namespace, namespace);
    return events.filter((event) => uids.has(textAt(event, '/involvedObject/uid')));
  };
  return {
    async text(content) {
      switch (content.kind) {
        case 'object':
          return stringify(redactObject(await object(content)), { lineWidth: 0 });
        case 'events':
          return renderEvents(await eventsOf(content));
        case 'overview': {
          const found = await Promise.all(content.objects.map((one) => object(one).catch(() => undefined)));
          return renderOverview(
            found.filter((one) => one !== undefined),
            await eventsOf(content),
          );
        }
      }
    },
  };
}

/** The first answer for a key stands for all. */
function once<Asked, Answer>(
  ask: (asked: Asked) => Promise<Answer>,
): (key: string, asked: Asked) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return (key, asked) => {
    const answer = answers.get(key) ?? ask(asked);
    answers.set(key, answer);
    return answer;
  };
}
