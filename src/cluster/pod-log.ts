import type { ApiRequest, ApiServer } from './api.ts';
import { ApiError, NoAnswer } from './errors.ts';
import { readFirstTimestamp, readLogEnd } from './log-end.ts';
import { openIdleGuard } from './log-idle.ts';
import { type LogIntake, openLogIntake } from './log-intake.ts';
import type { OnLine } from './log-line.ts';
import type { FollowedLog, OnGap } from './log-tally.ts';
import { requestPath } from './path.ts';
import { openBackoff } from './pause.ts';

export type { LogLine, OnLine } from './log-line.ts';
export type { FollowedLog, LogGap, OnGap } from './log-tally.ts';

export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Of the container that ran before this one. */
  readonly previous?: boolean;
  /** `tailLines`, `sinceSeconds`: where to begin, if not at the beginning. */
  readonly from?: Readonly<Record<string, string>>;
  /** Ends the reading; what is left is then a gap. */
  readonly signal: AbortSignal;
  /** Has the container terminated? Asked often: answer from what a watch has told. Always true: what there is now is read. */
  ended(): boolean | Promise<boolean>;
  /** A follow that is silent for this long is begun anew, in case its connection died; 4 min unless told. */
  readonly silentAfterMs?: number;
  /** So many reads in a row may bring nothing new before it gives up; without it, it never does. */
  readonly mostFruitless?: number;
}

/** Refusals with 401 or 403 are borne for so long: an API server that has just started refuses everybody. */
const DENIED_FOR_MS = 15_000;

interface Reading {
  /** Whether lines came from following: then the kubelet may have left some out where it began a new file. */
  hasFollowed: boolean;
  readonly api: ApiServer;
  readonly source: LogSource;
  readonly intake: LogIntake;
}

const ROTATED_WHILE_FOLLOWED =
  'the log was rotated while it was followed: the node may have left lines out, anywhere in it';
/** A kubelet that has just started does not know its pods yet; of a pod that is gone the API server says `pods "x" not found`. */
const FROM_NODE = /^the server could not find the requested resource/;
/** Where the last line was not in what the API server gave. */
const BROKEN = 'the connection between API server and node broke';

/** `end`: all was read. `again`: cut, or not there yet. `over`: the pod or its log is gone. */
type Outcome =
  | { readonly kind: 'end' }
  | { readonly kind: 'again'; readonly why: string; readonly denial?: ApiError }
  | { readonly kind: 'over'; readonly refusal?: string };

/**
 * Gives out the log of one container to its end: every line once, in order, through all cuts. Never rejects for what
 * the cluster does; what could not be read is a gap. Throws what `onLine` throws, and `ApiError` for 401 and 403 that last.
 */
export async function followLog(
  api: ApiServer,
  source: LogSource,
  onLine: OnLine,
  onGap: OnGap = () => undefined,
): Promise<FollowedLog> {
  const { signal, mostFruitless = Number.POSITIVE_INFINITY } = source;
  const reading: Reading = {
    hasFollowed: false,
    api,
    source,
    intake: openLogIntake({ onLine, onGap, signal }),
  };
  const { tally } = reading.intake;
  const backoff = openBackoff(150, 1000, signal);
  const denied = openDenialClock();
  let fruitless = 0;
  while (!signal.aborted) {
    // Asked before reading: what is read after the container's end is all there is.
    const isLast = await source.ended();
    const linesBefore = tally.lines();
    const outcome = await readOnce(reading, isLast);
    // Lines that had arrived by then are not given out any more.
    if (signal.aborted) break;
    if (outcome.kind === 'over') return { ...tally.result(), ...refusalOf(outcome) };
    if (outcome.kind === 'end') return tally.result();
    denied.hear(outcome.denial);
    const isFruitful = tally.lines() > linesBefore;
    if (isFruitful) backoff.reset();
    fruitless = isFruitful ? 0 : fruitless + (outcome.denial ? 0 : 1);
    if (fruitless >= mostFruitless) {
      tally.addGap(`the rest of the log could not be read: ${outcome.why}`);
      return tally.result();
    }
    await backoff.wait();
  }
  tally.addGap('reading was stopped before the end of the log');
  return tally.result();
}

/**
 * A kubelet that falls behind skips what was rotated away while it was followed, and does not tell. So a log that was
 * followed is known to be whole only where its first line is still there: then nothing was ever rotated.
 */
async function noteRotation(
  { api, intake: { tally }, hasFollowed }: Reading,
  asked: ApiRequest,
): Promise<void> {
  if (!hasFollowed || tally.lines() === 0 || !tally.result().complete) return;
  if ((await readFirstTimestamp(api, asked)) !== tally.firstTimestamp()) tally.addGap(ROTATED_WHILE_FOLLOWED);
}

function refusalOf({ refusal }: { readonly refusal?: string }): Pick<FollowedLog, 'refusal'> {
  return refusal === undefined ? {} : { refusal };
}

/** One request: following, or once the container has ended, plain to the end. */
async function readOnce(reading: Reading, isLast: boolean): Promise<Outcome> {
  const { api, source, intake } = reading;
  const guard = openIdleGuard(source, isLast);
  try {
    const asked = { ...requestOf(reading, isLast), signal: guard.signal };
    const end = isLast ? await readLogEnd(api, asked) : undefined;
    intake.resume(isLast, end);
    for await (const chunk of await api.stream(asked)) {
      guard.heard();
      await intake.take(chunk);
      reading.hasFollowed ||= !isLast;
    }
    if (!(await intake.finish())) return { kind: 'again', why: BROKEN };
    await noteRotation(reading, asked);
    return { kind: 'end' };
  } catch (error) {
    if (error instanceof NoAnswer) return { kind: 'again', why: error.message };
    if (error instanceof ApiError) return judgeRefusal(error, intake, isLast);
    throw error;
  } finally {
    guard.end();
  }
}

/** Throws a denial that has lasted. */
function openDenialClock(): { hear(denial: ApiError | undefined): void } {
  let since: number | undefined;
  return {
    hear(denial) {
      since = denial && (since ?? performance.now());
      if (denial && since !== undefined && performance.now() - since >= DENIED_FOR_MS) throw denial;
    },
  };
}

function requestOf({ source, intake }: Reading, isLast: boolean): ApiRequest {
  const { namespace, pod, container, previous, from } = source;
  const path = { group: '', version: 'v1', resource: 'pods', namespace, name: pod, subresource: 'log' };
  const since = intake.since();
  const query = {
    container,
    timestamps: 'true',
    ...(previous === true ? { previous: 'true' } : {}),
    ...(isLast ? {} : { follow: 'true' }),
    ...(since === undefined ? from : { sinceTime: since }),
  };
  return { method: 'GET', path: requestPath(path), query };
}

/** 400 is `container is waiting to start`: not yet, or if it has ended all the same, never. */
function judgeRefusal(error: ApiError, { tally }: LogIntake, isLast: boolean): Outcome {
  if (error.status === 401 || error.status === 403)
    return { kind: 'again', why: error.message, denial: error };
  if (error.status === 404 && !FROM_NODE.test(error.message)) {
    tally.addGap(`the pod was gone before the end of its log was read: ${error.message}`);
    return { kind: 'over' };
  }
  if (error.status === 400 && isLast) {
    if (tally.lines() > 0) tally.addGap(`the end of the log could not be read: ${error.message}`);
    return { kind: 'over', refusal: error.message };
  }
  return { kind: 'again', why: error.message };
}
