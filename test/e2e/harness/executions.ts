/** What executions leave in the executor's namespaces, found by the namespace they act in. */
import type { V1Job, V1Lease, V1Pod } from '@kubernetes/client-node';
import { list, pathOf, read, until, type Watched } from './cluster.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE } from './site.ts';

const GROUP = 'kubernetesexecution.kubernaut.io';

/** For a query: the label that says where an execution acts. */
function actingIn(namespace: string): string {
  return `labelSelector=${encodeURIComponent(`${GROUP}/namespace=${namespace}`)}`;
}

/** Resolves when the namespace's first Job is there, that is before its pod runs. */
export async function untilJob(namespace: string): Promise<V1Job> {
  const watched = { path: pathOf('jobs', EXECUTOR_NAMESPACE), query: actingIn(namespace) };
  return await until<V1Job, V1Job>(watched, ([job]) => job);
}

/** The Job's pods, to be listed or watched. */
export function podsOfJob(job: string | undefined): Watched & { readonly query: string } {
  const query = `labelSelector=batch.kubernetes.io/job-name%3D${job}`;
  return { path: pathOf('pods', EXECUTOR_NAMESPACE), query };
}

/** Resolves when the execution's plan is there: from then on nobody is needed any more. */
export async function untilPlanSent(namespace: string): Promise<string> {
  const watched = { path: pathOf('secrets', EXECUTOR_NAMESPACE), query: actingIn(namespace) };
  return await until<V1Job, string>(watched, ([secret]) => secret?.metadata?.name);
}

export async function jobsOf(namespace: string): Promise<readonly V1Job[]> {
  return await list<V1Job>(pathOf('jobs', EXECUTOR_NAMESPACE), actingIn(namespace));
}

export interface Verdict {
  readonly result: string;
  readonly reasonCode: string;
  readonly message: string;
}

/** Resolves with the executor's own word, from the journal that bears the Job's name. */
export async function untilVerdict(job: string): Promise<Verdict> {
  const query = `fieldSelector=metadata.name%3D${job}`;
  const text = await until<V1Lease, string>(
    { path: pathOf('leases', EXECUTOR_NAMESPACE), query },
    ([lease]) => lease?.metadata?.annotations?.[`${GROUP}/verdict`],
  );
  return JSON.parse(text) as Verdict;
}

/** Resolves when nothing of this namespace's executions is at work: no lock held, no pod unfinished. */
export async function untilNothingLeft(namespace: string): Promise<void> {
  const pods = { path: pathOf('pods', EXECUTOR_NAMESPACE), query: actingIn(namespace) };
  await until<V1Pod, true>(pods, (all) => all.every(isFinished));
  await until<V1Lease, true>(
    { path: pathOf('leases', LOCK_NAMESPACE) },
    (leases) => !locksOf(namespace, leases).some(isHeld),
  );
  const jobs = { path: pathOf('jobs', EXECUTOR_NAMESPACE), query: actingIn(namespace) };
  await until<V1Job, true>(jobs, (all) => all.every((job) => job.status?.completionTime || hasFailed(job)));
}

/** The locks on objects of a namespace; a lock's annotation says what it stands for. */
export function locksOf(namespace: string, leases: readonly V1Lease[]): readonly V1Lease[] {
  return leases.filter(({ metadata }) =>
    metadata?.annotations?.[`${GROUP}/target`]?.includes(`/${namespace}/`),
  );
}

function isHeld(lease: V1Lease): boolean {
  return (lease.spec?.holderIdentity ?? '') !== '';
}

function isFinished({ status }: V1Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function hasFailed({ status }: V1Job): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Failed' && is === 'True') ?? false;
}

/** The live object; there must be one. */
export async function live<T>(path: string): Promise<T> {
  const object = await read<T>(path);
  if (object === undefined) throw new Error(`${path} is not there`);
  return object;
}
