/** What stands against the undo of an earlier execution, before anything of it is sent. */
import type { ApiServer } from '../cluster/api.ts';
import { ApiError, isConflict } from '../cluster/errors.ts';
import { toApiRequest } from '../cluster/send-planned.ts';
import { getObject } from '../cluster/typed.ts';
import { sameJson } from '../plan/canonical.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { Check, PlannedRequest, UndoRequest } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import { bindToCreated, type IsCreated } from './created.ts';
import { explainConflict, explainMoves } from './read-back.ts';
import type { UndoRequests } from './undo.ts';

/** What is known of the execution to undo. */
export interface Past {
  /** What became of the plan's requests, in its order. */
  readonly done: readonly RequestVerdict[];
  readonly isCreated: IsCreated;
  /** Whether it is possible: another execution of ours may have made the object as well. */
  readonly mayBeCreated: IsCreated;
  /** What was verified of it: what it created is held against them. */
  readonly checks: readonly Check[];
}

/** What the API server or the live objects say against it, `undefined` when nothing. */
export async function rehearseUndo(
  api: ApiServer,
  planned: UndoRequests,
  past: Past,
): Promise<string | undefined> {
  const refusals = await Promise.all(
    planned.requests.map(async (request) => {
      const done = past.done[request.undoes];
      if (done === undefined || done.outcome === 'not-applied') return '';
      const why = request.ofCreated === true ? await whyNotDelete(api, request, done, past) : '';
      if (why !== '') return `${request.summary}: ${why}`;
      if (done.outcome !== 'applied' || request.rehearsal !== 'yes') return '';
      const bound = await bindToCreated(api, request, done, past.isCreated);
      return bound.request ? rehearseOne(api, bound.request) : '';
    }),
  );
  const said = refusals.filter((refusal) => refusal !== '');
  return said.length === 0 ? undefined : said.join('; ');
}

/** A deletion tests the uid alone: whether the object still is what was created is asked here. */
async function whyNotDelete(
  api: ApiServer,
  { effect: { object } }: UndoRequest,
  done: RequestVerdict,
  past: Past,
): Promise<string> {
  const live = await getObject(api, object);
  if (live === null) return '';
  const isIt = done.uid === undefined ? past.isCreated(live) : done.uid === live.metadata.uid;
  if (isIt) {
    const moved = whatMoved(past.checks, object, live);
    return moved === '' ? '' : `${moved}. Delete it by hand if it is to go`;
  }
  return done.uid === undefined && past.mayBeCreated(live)
    ? 'that execution left no word whether it created what is there now, and others have worked on it since. Delete it by hand if it is to go, and run this again'
    : '';
}

function whatMoved(checks: readonly Check[], object: UndoRequest['path'], live: KubernetesObject): string {
  const written = checks.flatMap((check) =>
    check.kind === 'fields-equal' && sameJson(check.object, object) ? check.fields : [],
  );
  const fields = written.map(({ pointer, after }) => ({ pointer, before: after }));
  return explainMoves(object, fields, live);
}

/** The empty string when it is accepted; a failed precondition is explained by the live object. */
async function rehearseOne(api: ApiServer, request: PlannedRequest): Promise<string> {
  const { status, body } = await api.send(toApiRequest(request, { dryRun: true }));
  // What was to go is gone already.
  if (status < 300 || (status === 404 && request.effect.kind === 'gone')) return '';
  const why = isConflict({ status }, request)
    ? explainConflict(request, await getObject(api, request.effect.object))
    : '';
  return `${request.summary}: ${why === '' ? `HTTP ${status}, ${new ApiError(status, body).message}` : why}`;
}
