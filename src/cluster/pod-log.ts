import type { ApiServer } from './api.ts';
import { ApiError, NoAnswer } from './errors.ts';
import { openIdleGuard } from './log-idle.ts';
import { type LogIntake, openLogIntake } from './log-intake.ts';
import type { OnLine } from './log-line.ts';
import type { FollowedLog } from './log-tally.ts';
import { requestPath } from './path.ts';
import { openBackoff } from './pause.ts';

export type { LogLine, OnLine } from './log-line.ts';
export type { FollowedLog, LogGap } from './log-tally.ts';

export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Ends the reading; what is left is then a gap. */
  readonly signal: AbortSignal;
  /** Has the container terminated? Asked often: answer from what a watch has told. */
  ended(): boolean | Promise<boolean>;
  /** A follow that is silent for this long is begun anew, in case its connection died; 4 min unless told. */
  readonly silentAfterMs?: number;
}

interface Reading {
  readonly api: ApiServer;
  readonly source: LogSource;
  readonly intake: LogIntake;
}

/** `end`: the server ended it. `again`: cut, or not there yet. `over`: the pod or its log is gone. */
type Outcome = 'end' | 'again' | 'over';

/**
 * Gives out the log of one container to its end: every line once, in order, through all cuts. Never rejects for what
 * the cluster does; what could not be read is a gap. Throws what `onLine` throws, and `ApiError` for 401 and 403.
 */
export async function followLog(api: ApiServer, source: LogSource, onLine: OnLine): Promise<FollowedLog> {
  const reading: Reading = { api, source, intake: openLogIntake(onLine, source.signal) };
  const { intake } = reading;
  const backoff = openBackoff(150, 1000, source.signal);
  while (!source.signal.aborted) {
    // Asked before reading: what is read after the container's end is all there is.
    const isLast = await source.ended();
    const linesBefore = intake.tally.result().lines;
    const outcome = await readOnce(reading, isLast);
    // Lines that had arrived by then are not given out any more.
    if (source.signal.aborted) break;
    if (outcome === 'over' || (isLast && outcome === 'end')) return intake.tally.result();
    if (intake.tally.result().lines > linesBefore) backoff.reset();
    await backoff.wait();
  }
  intake.tally.addGap('reading was stopped before the end of the log');
  return intake.tally.result();
}

/** One request: following, or once the container has ended, plain to the end. */
async function readOnce(reading: Reading, isLast: boolean): Promise<Outcome> {
  reading.intake.resume(isLast);
  const guard = openIdleGuard(reading.source, isLast);
  try {
    const stream = await openStream(reading, isLast, guard.signal);
    for await (const chunk of stream) {
      guard.heard();
      await reading.intake.take(chunk);
    }
    await reading.intake.finish();
    return 'end';
  } catch (error) {
    if (error instanceof NoAnswer) return 'again';
    if (error instanceof ApiError && error.status !== 401 && error.status !== 403) {
      return judgeRefusal(error, reading.intake, isLast);
    }
    throw error;
  } finally {
    guard.end();
  }
}

function openStream(
  { api, source, intake }: Reading,
  isLast: boolean,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { namespace, pod, container } = source;
  const path = { group: '', version: 'v1', resource: 'pods', namespace, name: pod, subresource: 'log' };
  const since = intake.since();
  const query = {
    container,
    timestamps: 'true',
    ...(isLast ? {} : { follow: 'true' }),
    ...(since === undefined ? {} : { sinceTime: since }),
  };
  return api.stream({ method: 'GET', path: requestPath(path), query, signal });
}

/** 400 is `container is waiting to start`: not yet, or if it has ended all the same, never. */
function judgeRefusal(error: ApiError, intake: LogIntake, isLast: boolean): Outcome {
  if (error.status === 404) {
    intake.tally.addGap(`the pod was gone before the end of its log was read: ${error.message}`);
    return 'over';
  }
  if (error.status === 400 && isLast) {
    if (intake.tally.result().lines > 0)
      intake.tally.addGap(`the end of the log could not be read: ${error.message}`);
    return 'over';
  }
  return 'again';
}
