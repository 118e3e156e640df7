/** Before the Job of a rollback: the caller's rights, and the record that the cluster keeps of the execution to undo. */
import { readsOnly, touchesSecrets } from '../catalog/action.ts';
import { getObject } from '../cluster/typed.ts';
import { jobPath } from '../job/execution-job.ts';
import type { RollbackSettings } from '../job/rollback-settings.ts';
import { ANNOTATION, LABEL, undoSecretOf } from '../plan/names.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { Scope } from '../plan/plan.ts';
import { type ExecutionRequest, sayTarget } from '../spec/request.ts';
import { type Connected, type Connecting, connect, namespaceOf } from './connect.ts';
import { Ended, refuse } from './ending.ts';
import { type JobOrder, placed, RETENTION_SECONDS } from './job-manifest.ts';

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
  const job = await getObject(input.caller, jobPath({ namespace: options.jobNamespace, name: executionId }));
  if (!job) throw expired(executionId);
  refuseOther(job, request, namespace);
  const { annotations = {} } = job.metadata;
  const summary = `undo ${executionId} (${annotations[ANNOTATION.summary] ?? 'no summary'})`;
  const scope: Scope =
    job.metadata.labels?.[LABEL.scope] === 'cluster' ? { kind: 'cluster' } : { kind: 'namespace', namespace };
  const declared = {
    planHash: annotations[ANNOTATION.planHash] ?? '',
    action: request.action.name,
    scope,
    rollsBack: executionId,
    rollbackSettings: settingsOf(request),
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

function settingsOf({ settings }: ExecutionRequest): RollbackSettings {
  const { onFailure: _onFailure, soakSeconds: _soakSeconds, ...own } = settings;
  return own;
}

/** The right to execute was asked for this action in this namespace, so the record must be of both; and of the target. */
function refuseOther({ metadata }: KubernetesObject, request: ExecutionRequest, namespace: string): void {
  const { labels = {}, annotations = {}, name } = metadata;
  const isOfAction = labels[LABEL.action] === request.action.name;
  const isHere = namespace === '' ? labels[LABEL.scope] === 'cluster' : labels[LABEL.namespace] === namespace;
  const target = annotations[ANNOTATION.target] ?? 'no target';
  const isRollback = labels[LABEL.rollsBack] !== undefined;
  if (isOfAction && isHere && !isRollback && isOfTarget(target, request, namespace)) return;
  const was = `of ${labels[LABEL.action] ?? 'no action'} on ${target}`;
  const where = namespace === '' ? '' : ` in ${namespace}`;
  const asked = `${request.action.name} on ${sayTarget(request)}${where}`;
  const what = isRollback ? 'itself a rollback' : `${was}, but ${asked} was asked for`;
  const remedy = 'Give the execution-id, action, namespace and target of the run to undo';
  throw new Ended(refuse('target-unsuitable', `${name} is ${what}. ${remedy}.`));
}

/** Several objects are none that one could name; and a pod that was gone was told as the workload it belonged to. */
function isOfTarget(target: string, request: ExecutionRequest, namespace: string): boolean {
  const isPodsWorkload = request.kind.kind === 'Pod' && !target.startsWith(placed(namespace, 'pod/'));
  return (
    request.action.takesManifest !== undefined ||
    isPodsWorkload ||
    target === placed(namespace, sayTarget(request))
  );
}
