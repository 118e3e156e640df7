/** What the executor's pod finds mounted, and the Secret that it comes from. */
import type { OwnerReference } from '../plan/objects.ts';
import type { Envelope } from '../plan/plan.ts';
import type { QuestionEnvelope } from '../rehearse/question.ts';

/** A plan, or for actions that plan in the cluster a question; for their rollback a plan again. */
export type Mounted = Envelope | QuestionEnvelope;

/** Where the pod has it. */
export const MOUNT_FOLDER = '/plan';
const FILE = 'plan.json';
export const MOUNTED_FILE = `${MOUNT_FOLDER}/${FILE}`;

export interface ToMount {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly job: Pick<OwnerReference, 'name' | 'uid'>;
  readonly contents: Mounted;
}

/** Owned by the Job, so that it goes with it; immutable, so that what was declared stays what is mounted. */
export function secretToMount({ name, namespace, labels, job, contents }: ToMount): object {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    immutable: true,
    metadata: {
      name,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: job.name, uid: job.uid }],
    },
    stringData: { [FILE]: textOf(contents) },
  };
}

/** In bytes; the Secret holds `MOST_DATA_BYTES`. */
export function sizeOf(contents: Mounted): number {
  return Buffer.byteLength(textOf(contents));
}

function textOf(contents: Mounted): string {
  return JSON.stringify(contents);
}
