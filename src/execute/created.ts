/** What a plan creates has no uid before: its undo and the verification of that are bound to it here. */
import type { ApiServer } from '../cluster/api.ts';
import { getObject } from '../cluster/typed.ts';
import { isRecord } from '../plan/json.ts';
import type { Check, PlannedRequest, UndoCheck, UndoRequest } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import { isWrittenByUs } from './read-back.ts';

/**
 * The undo's request for the very object that was created; `undefined` where nothing of ours is there. Where no answer
 * told the uid, the live object counts as ours if its managed fields name us.
 */
export async function bindToCreated(
  api: ApiServer,
  planned: UndoRequest,
  done: RequestVerdict | undefined,
): Promise<PlannedRequest | undefined> {
  if (planned.ofCreated !== true) return planned;
  const { object } = planned.effect;
  const uid = done?.uid ?? (await findOwn(api, object));
  if (uid === undefined) return undefined;
  const options = isRecord(planned.body) ? planned.body : {};
  return {
    ...planned,
    body: { ...options, preconditions: { uid } },
    effect: { kind: 'gone', object, uid },
  };
}

async function findOwn(api: ApiServer, object: PlannedRequest['path']): Promise<string | undefined> {
  const live = await getObject(api, object);
  return live && isWrittenByUs(live) ? live.metadata.uid : undefined;
}

/** The checks that belong to what was undone; an object that somebody else has made in place of ours is none of them. */
export function checksOfUndone(
  checks: readonly UndoCheck[],
  done: readonly RequestVerdict[],
): readonly Check[] {
  return checks
    .filter(({ of }) => of === undefined || (done[of]?.outcome ?? 'not-applied') !== 'not-applied')
    .map((check) => bindCheck(check, check.of === undefined ? undefined : done[check.of]?.uid));
}

function bindCheck(check: UndoCheck, uid: string | undefined): Check {
  return check.kind === 'object-gone' && uid !== undefined ? { ...check, uid } : check;
}
