/** What an execution has left behind, after it was given time to end by itself. */
import type { V1Job, V1Lease } from '@kubernetes/client-node';
import { pathOf, read } from '../e2e/harness/cluster.ts';
import { locksOf } from '../e2e/harness/executions.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE } from '../e2e/harness/site.ts';
import type { Eyes } from './eyes.ts';
import { insist } from './insist.ts';
import type { Verdict } from './judge.ts';
import { PART, type Target } from './scenarios.ts';
import { podsOf } from './stages.ts';

/** The grace of a pod and some. */
const WAIT_MS = 100_000;
/** For the Job controller to end a Job whose deadline has come. */
const REAPED_MS = 30_000;
const VERDICT = 'kubernetesexecution.kubernaut.io/verdict';

/** Waits for the end of whatever is at work; tells what goes on all the same. */
export async function whatIsLeft(eyes: Eyes, job: string | undefined): Promise<readonly string[]> {
  if (job === undefined) return [];
  const isNamed = ({ metadata }: { readonly metadata?: { readonly name?: string } }) =>
    metadata?.name === job;
  const jobs = () => eyes.all('jobs').filter((one) => isNamed(one) && !isOver(one));
  const working = () => {
    const pods = podsOf(eyes, job).filter(
      ({ status }) => !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
    );
    return [...pods, ...jobs()].map(({ metadata }) => `${metadata?.name} is still there`);
  };
  await eyes.until(() => working().length === 0, WAIT_MS);
  const [left] = jobs();
  // One that can't start for want of its plan, and that nobody may delete, ends by its own deadline.
  if (left && !eyes.all('leases').some(isNamed)) await eyes.until(() => jobs().length === 0, lifeMs(left));
  return working();
}

function lifeMs({ status, spec }: V1Job): number {
  // A time in JSON is text, whatever the type says.
  const begun = new Date(status?.startTime ?? Date.now()).getTime();
  return begun + (spec?.activeDeadlineSeconds ?? 0) * 1000 - Date.now() + REAPED_MS;
}

function isOver({ status }: V1Job): boolean {
  return (
    status?.conditions?.some(
      ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
    ) ?? false
  );
}

/** Locks on the target that nobody gave back. */
export function heldLocks(eyes: Eyes, { namespace, name }: Target): readonly string[] {
  const leases = eyes.all('leases').filter(({ metadata }) => metadata?.namespace === LOCK_NAMESPACE);
  return locksOf(namespace, leases)
    .filter(({ metadata }) =>
      Object.values(metadata?.annotations ?? {}).some(
        (text) => text.endsWith(`/${name}`) || text.includes(`/${name}${PART}`),
      ),
    )
    .filter(({ spec }) => (spec?.holderIdentity ?? '') !== '')
    .map(({ spec }) => `the lock is held by ${spec?.holderIdentity}`);
}

export interface Told {
  readonly verdict: Verdict | undefined;
  readonly hasJournal: boolean;
}

/** What is there now, else what was last seen. */
export async function readJournal(job: string | undefined, seen: V1Lease | undefined): Promise<Told> {
  if (job === undefined) return { verdict: undefined, hasJournal: false };
  const path = pathOf('leases', EXECUTOR_NAMESPACE, job);
  const lease = (await insist(() => read<V1Lease>(path))) ?? seen;
  const text = lease?.metadata?.annotations?.[VERDICT];
  return {
    verdict: text === undefined ? undefined : (JSON.parse(text) as Verdict),
    hasJournal: lease !== undefined,
  };
}
