/** Before the Job of a rollback: the caller's rights, and the record that the cluster keeps of the execution to undo. */
import { readsOnly, touchesSecrets } from '../catalog/action.ts';
import { getObject } from '../cluster/typed.ts';
import { ANNOTATION, LABEL, undoSecretOf } from '../plan/names.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { Scope } from '../plan/plan.ts';
import { type Connected, type Connecting, connect, namespaceOf } from './connect.ts';
import { Ended, refuse } from './ending.ts';
import type { JobOrder } from './job-manifest.ts';
import { RETENTION_SECONDS } from './job-manifest.ts';

/** Nobody outside the cluster can read the plan: the executor rehearses the undo before it sends it. */
export async function prepareRollback(input: Connecting): Promise<Connected & { readonly order: JobOrder }> {
  const { recording, request, options } = input;
  if (readsOnly(request.action)) {
    throw new Ended(refuse('irreversible', `${request.action.name} only reads: there is nothing to undo.`));
  }
  const namespace = namespaceOf(input);
  recording.learn({ namespace });
  const connected = await connect(input, namespace);
  const executionId = options.executionId ?? '';
  const path = {
    group: 'batch',
    version: 'v1',
    resource: 'jobs',
    namespace: options.jobNamespace,
    name: executionId,
  };
  const job = await getObject(input.caller, path);
  if (!job) throw expired(executionId);
  refuseOther(job, request.action.name, namespace);
  const { annotations = {} } = job.metadata;
  const summary = `undo ${executionId} (${annotations[ANNOTATION.summary] ?? 'no summary'})`;
  const scope: Scope =
    job.metadata.labels?.[LABEL.scope] === 'cluster' ? { kind: 'cluster' } : { kind: 'namespace', namespace };
  const declared = {
    planHash: annotations[ANNOTATION.planHash] ?? '',
    action: request.action.name,
    scope,
    rollsBack: executionId,
  };
  const planIn = touchesSecrets(request.action) ? { planIn: undoSecretOf(executionId) } : {};
  return {
    ...connected,
    order: { declared, target: annotations[ANNOTATION.target] ?? '', summary, ...planIn },
  };
}

function expired(executionId: string): Ended {
  const hours = RETENTION_SECONDS / 3600;
  return new Ended(
    refuse(
      'rollback-expired',
      `job/${executionId} is not there: it never was, or its record, kept for ${hours} h, is gone and its undo with it. Undo by hand what its report says.`,
    ),
  );
}

/** The right to execute was asked for this action in this namespace, so the record must be of both. */
function refuseOther(job: KubernetesObject, action: string, namespace: string): void {
  const { labels = {}, name } = job.metadata;
  const isOfAction = labels[LABEL.action] === action;
  const isHere = namespace === '' ? labels[LABEL.scope] === 'cluster' : labels[LABEL.namespace] === namespace;
  if (isOfAction && isHere && labels[LABEL.rollsBack] === undefined) return;
  const what =
    labels[LABEL.rollsBack] === undefined
      ? `of ${labels[LABEL.action] ?? 'no action'} in ${labels[LABEL.namespace] ?? 'no namespace'}`
      : 'itself a rollback';
  throw new Ended(
    refuse(
      'target-unsuitable',
      `${name} is ${what}, but ${action} ${namespace === '' ? 'on the cluster' : `in ${namespace}`} was asked for. Give the action, namespace and target of the run to undo.`,
    ),
  );
}
