/**
 * The journal of an execution: a Lease named like the Job and owned by it, created before the first request.
 * A second pod of the same Job gets 409 and must not send anything. Its last write is the verdict.
 */
import type { ApiServer } from '../cluster/api.ts';
import type { PodIdentity } from '../cluster/credentials/in-cluster.ts';
import { requestPath } from '../cluster/path.ts';
import { expectObject, expectSuccess, getObject } from '../cluster/typed.ts';
import { podPath } from '../job/execution-job.ts';
import { holderIdentity, holderOf, leasePath, microTime } from '../job/lease.ts';
import { ANNOTATION, LABEL } from '../plan/names.ts';
import type { KubernetesObject, OwnerReference, ResourcePath } from '../plan/objects.ts';
import { textAt } from '../plan/pointer.ts';
import { type Verdict, writeVerdict } from '../plan/verdict.ts';
import type { Outcome } from './outcome.ts';

/** All annotations of an object together may have 262,144 bytes. */
const MOST_BYTES = 200_000;
/** Of them an answer may have so many; the rest is the verdict's. */
export const MOST_ANSWER_BYTES = 150_000;

export interface Journal {
  /** From the creation of the pod to that of the journal, by the API server's clock. */
  readonly waitedSeconds: number;
  /** Of the pod's deadline, what was gone when this process started: its image was pulled then, its volumes mounted. */
  readonly startupSeconds: number;
  /** When it was created, in RFC 3339 by the API server's clock. */
  readonly createdAt: string;
  /** The last write. Sent again until the server has answered: without it the step must wait for the kubelet. */
  close(verdict: Verdict, answer?: string): Promise<void>;
  readonly job: OwnerReference;
}

/** `undefined` when another pod of this Job has begun already; an outcome where this one is no longer there. */
export async function openJournalOfPod(
  api: ApiServer,
  identity: PodIdentity,
): Promise<Journal | Outcome | undefined> {
  const { namespace, podName: name } = identity;
  const pod = await getObject(api, podPath({ namespace, name }));
  if (pod?.metadata.uid !== identity.podUid) {
    const message = `pod/${identity.podName} was deleted, or is no longer this one`;
    return { result: 'failed', reasonCode: 'interrupted', message };
  }
  // As after a cancellation: nobody wants it begun, and its journal would go with the Job.
  if (pod.metadata.deletionTimestamp !== undefined) {
    const message = `pod/${identity.podName} was deleted before it had begun`;
    return { result: 'cancelled', reasonCode: 'cancelled', message };
  }
  return openJournal(api, identity, pod);
}

/** The same where the pod was read. */
export async function openJournal(
  api: ApiServer,
  identity: PodIdentity,
  pod: KubernetesObject,
): Promise<Journal | undefined> {
  const job = pod.metadata.ownerReferences?.find((owner) => owner.kind === 'Job');
  if (!job) throw new Error(`pod/${identity.podName} has no Job`);
  const now = microTime(new Date());
  const response = await api.send({
    method: 'POST',
    path: requestPath(leasePath({ namespace: identity.namespace })),
    body: {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: job.name,
        namespace: identity.namespace,
        labels: { [LABEL.executionId]: pod.metadata.labels?.[LABEL.executionId] ?? job.name },
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: job.name, uid: job.uid }],
      },
      spec: {
        holderIdentity: holderIdentity(identity),
        acquireTime: now,
        renewTime: now,
        leaseDurationSeconds: 1,
        leaseTransitions: 0,
      },
    },
    resendable: true,
  });
  const lease = leasePath({ namespace: identity.namespace, name: job.name });
  const own =
    response.status === 409
      ? await findOwn(api, lease, holderIdentity(identity), now)
      : expectObject(response);
  if (own === undefined) return undefined;
  const waitedSeconds = (createdMs(own) - createdMs(pod)) / 1000;
  const runningSeconds = (createdMs(own) - Date.parse(textAt(pod, '/status/startTime'))) / 1000;
  return {
    job,
    createdAt: own.metadata.creationTimestamp ?? '',
    waitedSeconds,
    startupSeconds: Math.max(0, runningSeconds - performance.now() / 1000) || 0,
    close: (verdict, answer) => close(api, lease, { verdict, answer }),
  };
}

function createdMs({ metadata }: KubernetesObject): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}

/**
 * A conflict may be with our own write whose answer was lost. Another pod is another holder, also in the same
 * millisecond; a container started anew in this pod has another time.
 */
async function findOwn(
  api: ApiServer,
  lease: ResourcePath,
  holder: string,
  acquireTime: string,
): Promise<KubernetesObject | undefined> {
  const live = await getObject(api, lease);
  const isOwn =
    live !== null && holderOf(live) === holder && textAt(live, '/spec/acquireTime') === acquireTime;
  return isOwn ? live : undefined;
}

interface LastWord {
  readonly verdict: Verdict;
  readonly answer: string | undefined;
}

async function close(api: ApiServer, lease: ResourcePath, { verdict, answer }: LastWord): Promise<void> {
  const left = MOST_BYTES - Buffer.byteLength(answer ?? '');
  expectSuccess(
    await api.send({
      method: 'PATCH',
      path: requestPath(lease),
      contentType: 'application/merge-patch+json',
      body: {
        metadata: {
          annotations: {
            [ANNOTATION.verdict]: writeVerdict(verdict, left),
            ...(answer === undefined ? {} : { [ANNOTATION.answer]: answer }),
          },
        },
        spec: { renewTime: microTime(new Date()) },
      },
      resendable: true,
    }),
  );
}
