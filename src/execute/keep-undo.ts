/** For a plan that refers to values of a Secret: reads those before, and keeps them for an undo, before anything is sent. */
import type { ApiServer } from '../cluster/api.ts';
import { ApiError } from '../cluster/errors.ts';
import { requestPath } from '../cluster/path.ts';
import { getObject } from '../cluster/typed.ts';
import { secretToMount } from '../job/mounted.ts';
import { onlyReferred } from '../plan/fill-values.ts';
import type { ValueHider } from '../plan/hide-values.ts';
import { LABEL, undoSecretOf } from '../plan/names.ts';
import { type KubernetesObject, type OwnerReference, say } from '../plan/objects.ts';
import type { Envelope, SecretVersion } from '../plan/plan.ts';
import { mapAt } from '../plan/pointer.ts';
import { nameValues, type SecretValues } from '../plan/secret-values.ts';
import type { Outcome } from './outcome.ts';

export interface KeepingUndo {
  readonly api: ApiServer;
  /** Of the executor. */
  readonly namespace: string;
  readonly job: OwnerReference;
  /** Learns the values before, ere anything is told that could repeat them. */
  readonly hider: ValueHider;
}

export type Kept =
  | { readonly kind: 'kept'; readonly values: SecretValues }
  | { readonly kind: 'failed'; readonly outcome: Outcome };

/** All the values that the plan refers to. The Secret must be the version that the plan was made for. */
export async function keepUndo(
  envelope: Envelope,
  secret: SecretVersion,
  { api, namespace, job, hider }: KeepingUndo,
): Promise<Kept> {
  const live = await getObject(api, secret.object);
  const moved = whyMoved(secret, live);
  if (moved !== undefined) return failed('conflict', `${moved}; nothing was sent. Plan again`);
  const before = mapAt(live, '/data');
  hider.add(Object.values(before));
  const values = { ...envelope.values, ...onlyReferred(nameValues('before', before), envelope.plan) };
  const response = await api.send({
    method: 'POST',
    path: requestPath({ group: '', version: 'v1', resource: 'secrets', namespace }),
    resendable: true,
    body: undoSecret({ ...envelope, values }, namespace, job),
  });
  // A conflict is our own first attempt whose answer was lost: only this pod may create it.
  if (response.status < 300 || response.status === 409) return { kind: 'kept', values };
  const { message } = new ApiError(response.status, response.body);
  return failed(
    'request-refused',
    `what is needed for an undo could not be kept in secret/${undoSecretOf(job.name)}, so nothing was sent: HTTP ${response.status}, ${message}`,
  );
}

function whyMoved(secret: SecretVersion, live: KubernetesObject | null): string | undefined {
  const name = say({ kind: 'Secret', name: secret.object.name ?? '' });
  if (!live) return `${name} is gone`;
  if (live.metadata.uid !== secret.uid) return `another ${name} has taken the place of the one planned for`;
  return live.metadata.resourceVersion === secret.resourceVersion
    ? undefined
    : `${name} was changed since the plan was made`;
}

function failed(reasonCode: Outcome['reasonCode'], message: string): Kept {
  return { kind: 'failed', outcome: { result: 'failed', reasonCode, message } };
}

/** A rollback mounts it in place of the plan. */
function undoSecret(envelope: Envelope, namespace: string, job: OwnerReference): object {
  const labels = { [LABEL.action]: envelope.plan.action, [LABEL.executionId]: envelope.executionId };
  return secretToMount({ name: undoSecretOf(job.name), namespace, labels, job, contents: envelope });
}
