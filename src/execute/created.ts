/** What a plan creates has no uid before: its undo and the verification of that are bound to it here. */
import type { ApiServer } from '../cluster/api.ts';
import { getObject } from '../cluster/typed.ts';
import { isRecord } from '../plan/json.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { Check, Envelope, PlannedRequest, UndoCheck, UndoRequest } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';

/** Whether an object that no answer told the uid of was made by the execution that is undone. */
export type IsCreated = (live: KubernetesObject) => boolean;

export interface Bound {
  /** Absent where nothing of the execution is there. */
  readonly request?: PlannedRequest;
  /** What became of the request that is undone, with what was found out about it here. */
  readonly done: RequestVerdict;
}

/** The undo's request for the very object that was created. */
export async function bindToCreated(
  api: ApiServer,
  planned: UndoRequest,
  done: RequestVerdict,
  isCreated: IsCreated,
): Promise<Bound> {
  if (planned.ofCreated !== true) return { request: planned, done };
  const { uid } = done;
  if (uid !== undefined) return { request: bindTo(uid, planned), done };
  const live = await getObject(api, planned.effect.object);
  // It may still come: that it is not there is verified.
  if (live === null) return { done };
  if (!isCreated(live)) return { done: { ...done, outcome: 'not-applied' } };
  const found = live.metadata.uid;
  return { request: bindTo(found, planned), done: { ...done, uid: found } };
}

function bindTo(uid: string, planned: UndoRequest): PlannedRequest {
  const options = isRecord(planned.body) ? planned.body : {};
  return {
    ...planned,
    body: { ...options, preconditions: { uid } },
    effect: { kind: 'gone', object: planned.effect.object, uid },
  };
}

/** Its requests take nothing for their own creation that is older than `since`. */
export function createdSince(envelope: Envelope, since: string): Envelope {
  const { plan } = envelope;
  const dated = <Request extends PlannedRequest>(request: Request): Request =>
    request.effect.kind === 'created' ? { ...request, effect: { ...request.effect, since } } : request;
  const undo =
    plan.undo.kind === 'requests' ? { ...plan.undo, requests: plan.undo.requests.map(dated) } : plan.undo;
  return { ...envelope, plan: { ...plan, requests: plan.requests.map(dated), undo } };
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
