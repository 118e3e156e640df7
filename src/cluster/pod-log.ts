import type { ApiRequest, ApiServer } from './api.ts';
import { ApiError, NoAnswer } from './errors.ts';
import { readLogEnd } from './log-end.ts';
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

interface Reading {
  readonly api: ApiServer;
  readonly source: LogSource;
  readonly intake: LogIntake;
}

/** Where the last line was not in what the API server gave. */
const BROKEN = 'the connection between API server and node broke';

/** `end`: all was read. `again`: cut, or not there yet. `over`: the pod or its log is gone. */
type Outcome =
  | { readonly kind: 'end' }
  | { readonly kind: 'again'; readonly why: string }
  | { readonly kind: 'over'; readonly refusal?: string };

/**
 * Gives out the log of one container to its end: every line once, in order, through all cuts. Never rejects for what
 * the cluster does; what could not be read is a gap. Throws what `onLine` throws, and `ApiError` for 401 and 403.
 */
export async function followLog(
  api: ApiServer,
  source: LogSource,
  onLine: OnLine,
  onGap: OnGap = () => undefined,
): Promise<FollowedLog> {
  const { signal, mostFruitless = Number.POSITIVE_INFINITY } = source;
  const reading: Reading = { api, source, intake: openLogIntake({ onLine, onGap, signal }) };
  const { tally } = reading.intake;
  const backoff = openBackoff(150, 1000, signal);
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
    const isFruitful = tally.lines() > linesBefore;
    if (isFruitful) backoff.reset();
    fruitless = isFruitful ? 0 : fruitless + 1;
    if (fruitless >= mostFruitless) {
      tally.addGap(`the rest of the log could not be read: ${outcome.why}`);
      return tally.result();
    }
    await backoff.wait();
  }
  tally.addGap('reading was stopped before the end of the log');
  return tally.result();
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
    }
    return (await intake.finish()) ? { kind: 'end' } : { kind: 'again', why: BROKEN };
  } catch (error) {
    if (error instanceof NoAnswer) return { kind: 'again', why: error.message };
    if (error instanceof ApiError && error.status !== 401 && error.status !== 403) {
      return judgeRefusal(error, intake, isLast);
    }
    throw error;
  } finally {
    guard.end();
  }
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
  if (error.status === 404) {
    tally.addGap(`the pod was gone before the end of its log was read: ${error.message}`);
    return { kind: 'over' };
  }
  if (error.status === 400 && isLast) {
    if (tally.lines() > 0) tally.addGap(`the end of the log could not be read: ${error.message}`);
    return { kind: 'over', refusal: error.message };
  }
  return { kind: 'again', why: error.message };
}
