/** What the cluster tells of an execution while it goes on: its Job, its pod and its journal. */
import type { ApiServer } from '../cluster/api.ts';
import { type Bell, openBell } from '../cluster/bell.ts';
import { getObject, listObjects } from '../cluster/typed.ts';
import { watchCollection } from '../cluster/watch.ts';
import { executorState, hasStarted, type JobRef, jobPath, podPath, podsOf } from '../job/execution-job.ts';
import { leasePath } from '../job/lease.ts';
import { conditionOf } from '../plan/conditions.ts';
import { ANNOTATION } from '../plan/names.ts';
import type { KubernetesObject, ResourcePath } from '../plan/objects.ts';
import { readPointer } from '../plan/pointer.ts';
import { readVerdict, type Verdict } from '../plan/verdict.ts';
import { openPullCounter, type PullCounter } from '../verify/pull-counter.ts';
import { type ExecutionEvents, openExecutionEvents } from './execution-events.ts';
import { openRenewals, type Renewals } from './silent-node.ts';

export interface Seen {
  /** `suspended`: by a queue such as Kueue, or by somebody else; it has no pod then, and gets one when it is resumed. */
  job: 'unseen' | 'there' | 'suspended' | 'finished' | 'gone';
  /** Also while its deletion waits for something, such as its pod. */
  isJobDeleted: boolean;
  /** In the Job controller's words; the empty string while it does not fail. */
  jobFailure: string;
  pod: KubernetesObject | undefined;
  podGone: boolean;
  /** Once true it stays so, whatever becomes of the pod. */
  hasStarted: boolean;
  /** From the journal. */
  verdict: Verdict | undefined;
  /** The same, of a Job that rehearses. */
  answer: string | undefined;
  readonly pulls: PullCounter;
}

export interface ExecutionWatches {
  readonly seen: Seen;
  /** Rings at each change of what is seen. */
  readonly bell: Bell;
  readonly events: ExecutionEvents;
  readonly renewals: Renewals;
  close(): Promise<void>;
}

/** The Job need not exist yet. */
export function openExecutionWatches(api: ApiServer, job: JobRef): ExecutionWatches {
  const ending = new AbortController();
  const bell = openBell();
  const seen = seenNothing();
  const { namespace } = job;
  const watches = [
    watch(api, podPath({ namespace }), podsOf(job), (type, pod) => seePod(seen, type, pod)),
    watch(api, leasePath({ namespace }), named(job.name), (_type, lease) => seeJournal(seen, lease)),
    watch(api, jobPath({ namespace }), named(job.name), (type, object) => {
      seeJob(seen, type, object);
    }),
  ].map((start) => start(ending.signal, bell));
  const events = openExecutionEvents(api, namespace, bell, ending.signal);
  const renewals = openRenewals(api, bell, ending.signal);
  return {
    seen,
    bell,
    events,
    renewals,
    close: async () => {
      ending.abort();
      await Promise.allSettled([...watches, events.close(), renewals.close()]);
    },
  };
}

/** Asks directly, since a watch may have gone silent; what gives no answer stays as it was seen. */
export async function lookNow(api: ApiServer, job: JobRef, seen: Seen): Promise<void> {
  const { namespace } = job;
  const [pods, journal] = await Promise.all([
    listObjects(api, podPath({ namespace }), podsOf(job)).catch(() => undefined),
    getObject(api, leasePath(job)).catch(() => null),
  ]);
  for (const pod of pods?.items ?? []) seePod(seen, 'listed', pod);
  if (journal) seeJournal(seen, journal);
}

/** The verdict from the journal, else from the container's termination message. */
export function lastWord({ verdict, pod }: Seen): Verdict | undefined {
  const message = readPointer(executorState(pod), '/terminated/message');
  return verdict ?? readVerdict(message);
}

function seenNothing(): Seen {
  return {
    job: 'unseen',
    isJobDeleted: false,
    jobFailure: '',
    pod: undefined,
    podGone: false,
    hasStarted: false,
    verdict: undefined,
    answer: undefined,
    pulls: openPullCounter(),
  };
}

type Selectors = { readonly labelSelector: string } | { readonly fieldSelector: string };
type Start = (signal: AbortSignal, bell: Bell) => Promise<void>;

function named(name: string): Selectors {
  return { fieldSelector: `metadata.name=${name}` };
}

function watch(
  api: ApiServer,
  path: ResourcePath,
  selectors: Selectors,
  see: (type: string, object: KubernetesObject) => void,
): Start {
  return async (signal, bell) => {
    try {
      for await (const { type, object } of watchCollection(api, path, { ...selectors, signal })) {
        see(type, object);
        bell.ring();
      }
    } catch (error) {
      bell.break(error);
    }
  };
}

function seeJob(seen: Seen, type: string, job: KubernetesObject): void {
  // The first comes before the pod is stopped, the other after that.
  const failure = ['FailureTarget', 'Failed']
    .map((condition) => conditionOf(job, condition))
    .find((condition) => condition?.status === 'True');
  if (failure) seen.jobFailure = `${failure.reason}: ${failure.message}`;
  seen.isJobDeleted ||= type === 'deleted' || job.metadata.deletionTimestamp !== undefined;
  const isFinished = ['Failed', 'Complete'].some(
    (condition) => conditionOf(job, condition)?.status === 'True',
  );
  if (type === 'deleted') seen.job = 'gone';
  else if (isFinished) seen.job = 'finished';
  else seen.job = readPointer(job, '/spec/suspend') === true ? 'suspended' : 'there';
}

function seePod(seen: Seen, type: string, pod: KubernetesObject): void {
  seen.pod = pod;
  seen.podGone = type === 'deleted';
  seen.hasStarted ||= hasStarted(pod);
  seen.pulls.see(pod);
}

/** Only an executor that runs has a journal, whatever the kubelet has told so far. */
function seeJournal(seen: Seen, lease: KubernetesObject): void {
  seen.hasStarted = true;
  const text = lease.metadata.annotations?.[ANNOTATION.verdict];
  const verdict = readVerdict(text);
  if (verdict) seen.verdict = verdict;
  seen.answer = lease.metadata.annotations?.[ANNOTATION.answer] ?? seen.answer;
}
