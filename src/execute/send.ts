/** Sends planned requests and says what became of each, also when no answer came. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiResponse, ApiServer } from '../cluster/api.ts';
import { ApiError, isConflict, isHeldBack, mayPass, NoAnswer } from '../cluster/errors.ts';
import { backoffMs } from '../cluster/pause.ts';
import { toApiRequest } from '../cluster/send-planned.ts';
import { getObject } from '../cluster/typed.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { PlannedRequest } from '../plan/plan.ts';
import { textAt } from '../plan/pointer.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import { explainConflict, hasHappened } from './read-back.ts';

/** Every attempt but the first is made only where a second send does no harm, and begun within this time. */
const PATIENCE_MS = 25_000;
const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 3_000;
const GONE = 'it was gone already';

export async function sendPlanned(api: ApiServer, request: PlannedRequest): Promise<RequestVerdict> {
  let uncertain = '';
  const givenUpAt = performance.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt++) {
    const known = request.force === true ? await lookFirst(api, request, uncertain) : undefined;
    if (known && 'outcome' in known) return known;
    const answer = known ?? (await sendOnce(api, request));
    if (answer instanceof NoAnswer) {
      if (!answer.neverSent) uncertain = answer.message;
    } else if (!mayPass(new ApiError(answer.status, answer.body))) {
      return judgeAnswer(api, request, answer, uncertain);
    } else if (answer.status >= 500) {
      // The server gave up on it; etcd may have it all the same.
      uncertain = new ApiError(answer.status, answer.body).message;
    }
    const pause = pauseMs(answer, attempt);
    const isOver = !request.resendable || performance.now() + pause > givenUpAt;
    if (isOver) return judgeSilence(api, request, answer, uncertain);
    await sleep(pause);
  }
}

/**
 * The server takes a forced apply whoever has written its fields meanwhile, so before each attempt they are held against
 * the plan: what was to be overridden is what the plan has seen. `undefined` where it may be sent; nothing is sent unseen.
 */
async function lookFirst(
  api: ApiServer,
  request: PlannedRequest,
  uncertain: string,
): Promise<RequestVerdict | NoAnswer | undefined> {
  const { summary } = request;
  const live = await readBack(api, request);
  if (live instanceof NoAnswer)
    return new NoAnswer(`not sent unseen: ${live.message}`, { neverSent: true, cause: live });
  const found = uncertain === '' ? undefined : whyApplied(request, live, uncertain);
  if (found !== undefined) return { summary, outcome: 'applied', message: found };
  const moved = explainConflict(request, live);
  return moved === '' ? undefined : { summary, outcome: 'not-applied', status: 409, message: moved };
}

async function sendOnce(api: ApiServer, request: PlannedRequest): Promise<ApiResponse | NoAnswer> {
  try {
    // Resending is decided here, where it is known what an earlier attempt may have done.
    return await api.send({ ...toApiRequest(request, { dryRun: false }), resendable: false });
  } catch (error) {
    if (error instanceof NoAnswer) return error;
    throw error;
  }
}

/** The server's words; those of a disruption budget say which one it is. */
function wordsOf({ status, body }: ApiResponse): string {
  const { message, causeMessages } = new ApiError(status, body);
  return status === 429 ? [message, ...causeMessages].join(' ') : message;
}

function pauseMs(answer: ApiResponse | NoAnswer, attempt: number): number {
  const asked =
    answer instanceof NoAnswer ? undefined : new ApiError(answer.status, answer.body).retryAfterSeconds;
  return asked === undefined
    ? backoffMs(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
    : Math.min(asked, 10) * 1000;
}

/** `uncertain`: what an earlier attempt of ours ended with whose effect is not known; empty when there was none. */
async function judgeAnswer(
  api: ApiServer,
  request: PlannedRequest,
  answer: ApiResponse,
  uncertain: string,
): Promise<RequestVerdict> {
  const { summary, effect } = request;
  const { status } = answer;
  if (status >= 200 && status < 300) {
    return { summary, outcome: 'applied', status, ...createdBy(request, answer.body) };
  }
  if (status === 404 && effect.kind === 'gone') return { summary, outcome: 'applied', status, message: GONE };
  const said = wordsOf(answer);
  if (!isConflict(answer, request) && uncertain === '') {
    const heldBack = isHeldBack(new ApiError(status, answer.body)) ? { heldBack: true as const } : {};
    return { summary, outcome: 'not-applied', status, message: said, ...heldBack };
  }
  const live = await readBack(api, request);
  if (live instanceof NoAnswer) {
    return { summary, outcome: uncertain === '' ? 'not-applied' : 'unknown', status, message: said };
  }
  const found = whyApplied(request, live, uncertain);
  if (found !== undefined) {
    return { summary, outcome: 'applied', status, message: found, ...createdBy(request, live) };
  }
  const message = [said, explainConflict(request, live)].filter((part) => part !== '').join(' — ');
  return { summary, outcome: 'not-applied', status, message };
}

/** The uid of what the request created, for its undo. */
function createdBy({ effect }: PlannedRequest, object: unknown): Pick<RequestVerdict, 'uid'> {
  const uid = effect.kind === 'created' ? textAt(object, '/metadata/uid') : '';
  return uid === '' ? {} : { uid };
}

/** Why a refused request counts as applied all the same; `undefined` when it does not. */
function whyApplied(
  request: PlannedRequest,
  live: KubernetesObject | null,
  uncertain: string,
): string | undefined {
  if (!hasHappened(request.effect, live)) return undefined;
  // Our own earlier attempt makes the next one fail its test.
  if (uncertain !== '') return `found in the read-back after: ${uncertain}`;
  // It was to leave, not to be watched: a pod of its name and another uid is its successor.
  return request.verb === 'evict' ? GONE : undefined;
}

async function judgeSilence(
  api: ApiServer,
  request: PlannedRequest,
  answer: ApiResponse | NoAnswer,
  uncertain: string,
): Promise<RequestVerdict> {
  const { summary } = request;
  const message =
    answer instanceof NoAnswer ? answer.message : new ApiError(answer.status, answer.body).message;
  const status = answer instanceof NoAnswer ? {} : { status: answer.status };
  if (uncertain === '') {
    const heldBack = status.status === 429 ? { heldBack: true as const } : {};
    return { summary, outcome: 'not-applied', ...status, message, ...heldBack };
  }
  const live = await readBack(api, request);
  if (!(live instanceof NoAnswer) && hasHappened(request.effect, live)) {
    const found = `found in the read-back after: ${message}`;
    return { summary, outcome: 'applied', ...status, message: found, ...createdBy(request, live) };
  }
  return { summary, outcome: 'unknown', ...status, message };
}

async function readBack(
  api: ApiServer,
  request: PlannedRequest,
): Promise<KubernetesObject | null | NoAnswer> {
  try {
    return await getObject(api, request.effect.object);
  } catch (error) {
    if (error instanceof NoAnswer) return error;
    if (error instanceof ApiError) return new NoAnswer(error.message, { cause: error });
    throw error;
  }
}
