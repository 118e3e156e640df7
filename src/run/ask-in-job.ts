/** A Job that rehearses: created, followed to its answer, and deleted with the question, whatever happens. */
import type { ApiServer } from '../cluster/api.ts';
import { untilSettled } from '../cluster/pause.ts';
import type { JobRef } from '../job/execution-job.ts';
import { type Answer, type JobQuestion, type QuestionEnvelope, readAnswer } from '../rehearse/question.ts';
import { Ended } from './ending.ts';
import { type FollowEnd, openFollowing } from './follow.ts';
import type { JobInput, JobOrder } from './job-manifest.ts';
import { launch } from './launch.ts';
import type { JobContext } from './run-job.ts';
import { deleteJob } from './stop-execution.ts';

/** For a slow server; one that is away must not keep the run from saying how it ended. Who cancels waits for none of it. */
const DELETE_MS = 10_000;

export interface Asking {
  readonly question: JobQuestion;
  /** Without the hash of the values. */
  readonly order: JobOrder;
}

export interface AskingRun {
  readonly caller: ApiServer;
  readonly context: JobContext;
  readonly input: JobInput;
  readonly contents: QuestionEnvelope;
}

/** Throws `Ended` where no answer comes; nothing was changed then. */
export async function askInJob({ caller, context, input, contents }: AskingRun): Promise<Answer> {
  const { namespace, executionId } = input;
  const job = { namespace, name: executionId };
  const { cancelled, deadlineMs, report } = context;
  await using following = openFollowing(caller, job);
  context.onJob(job);
  try {
    const launching = { signal: cancelled, stage: 'nothing' as const };
    await launch(caller, input, contents, launching);
    report(`job/${executionId} created in ${namespace}: it observes and rehearses where Secrets may be read`);
    const end = await following.until({
      scheduleSeconds: input.timeouts.scheduleSeconds,
      deadlineMs,
      signal: cancelled,
      report,
      onStarted: () => undefined,
    });
    const answer = readAnswer(following.answer());
    if (end.kind === 'verdict' && end.verdict.result === 'succeeded' && answer) return answer;
    throw new Ended(endingOf(end));
  } finally {
    await removeQuestion(caller, job);
  }
}

function endingOf(end: FollowEnd): Ended['ending'] {
  const nothing = 'nothing was changed';
  switch (end.kind) {
    case 'verdict': {
      const { reasonCode, message } = end.verdict;
      return { result: 'failed', reasonCode, message: `it could not be rehearsed; ${nothing}: ${message}` };
    }
    case 'not-started':
      return {
        result: 'failed',
        reasonCode: end.reasonCode,
        message: `the Job that rehearses did not start; ${nothing}: ${end.message}`,
      };
    case 'lost':
      return {
        result: 'failed',
        reasonCode: 'executor-lost',
        message: `the Job that rehearses was lost; ${nothing}: ${end.message}`,
      };
    case 'cancelled':
      return {
        result: 'cancelled',
        reasonCode: 'cancelled',
        message: `cancelled during the rehearsal; ${nothing}`,
      };
    case 'timeout':
      return {
        result: 'timed-out',
        reasonCode: 'timeout',
        message: `timeout was over during the rehearsal; ${nothing}`,
      };
  }
}

/** With it goes the Secret that holds the question, and values with it. Where that fails, its time to live ends both. */
async function removeQuestion(caller: ApiServer, job: JobRef): Promise<void> {
  const removed = deleteJob(caller, job).catch(() => undefined);
  await untilSettled(removed, DELETE_MS);
}
