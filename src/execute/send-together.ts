/** Requests that need nothing of each other, sent at the same time; disruption budgets are waited out. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from '../cluster/api.ts';
import { messageOf } from '../cluster/errors.ts';
import type { PlannedRequest } from '../plan/plan.ts';
import type { RequestVerdict } from '../plan/verdict.ts';
import type { Progress } from './progress.ts';
import { sendPlanned } from './send.ts';

/** As often as `kubectl drain` asks. */
const RETRY_MS = 5_000;
/** A pod that waits is told of again after so long. */
const TELL_MS = 30_000;

export interface Sending {
  readonly api: ApiServer;
  readonly progress: Progress;
  readonly stop: AbortSignal;
  /** As `performance.now()` counts; budgets are waited for no longer. */
  readonly deadlineMs: number;
}

/** In the order of the requests. One that is refused for good ends the waiting of the others. */
export async function sendTogether(
  requests: readonly PlannedRequest[],
  { api, progress, stop, deadlineMs }: Sending,
): Promise<readonly RequestVerdict[]> {
  const ending = new AbortController();
  const deadline = setTimeout(() => ending.abort(), Math.max(0, deadlineMs - performance.now()));
  const signal = AbortSignal.any([stop, ending.signal]);
  const sendOne = async (request: PlannedRequest): Promise<RequestVerdict> => {
    const verdict = await sendPatiently(api, request, { signal, print: progress.print });
    progress.heard(verdict);
    if (verdict.outcome !== 'applied') ending.abort();
    return verdict;
  };
  try {
    return await Promise.all(requests.map(sendOne));
  } finally {
    clearTimeout(deadline);
  }
}

interface Patience {
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/** The last answer where the time is over. An exception is an answer that is not known. */
async function sendPatiently(
  api: ApiServer,
  request: PlannedRequest,
  { signal, print }: Patience,
): Promise<RequestVerdict> {
  let told = { message: '', at: 0 };
  for (;;) {
    const verdict = await sendPlanned(api, request).catch((error: unknown) => unknown(request, error));
    if (request.waitsForBudget !== true || verdict.heldBack !== true || signal.aborted) return verdict;
    const { message = '' } = verdict;
    if (message !== told.message || performance.now() - told.at > TELL_MS) {
      print(`waiting: ${request.summary}: ${message}`);
      told = { message, at: performance.now() };
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return verdict;
  }
}

function unknown({ summary }: PlannedRequest, error: unknown): RequestVerdict {
  return { summary, outcome: 'unknown', message: messageOf(error) };
}
