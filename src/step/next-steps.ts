import { say } from '../plan/objects.ts';
import { affectedResources } from '../run/affected-resources.ts';
import type { AffectedResource } from '../run/kubernetes-execution.ts';
import type { RunRecord } from '../run/record.ts';
import { RESULT_TABLE } from '../run/result-table.ts';
import { undoOutcome } from '../run/undo-outcome.ts';
import { isUnsettled } from '../run/unsettled.ts';
import { sayTarget } from '../spec/request.ts';

/** What a person can do now, a sentence each, the most pressing first. */
export function nextSteps(record: RunRecord): readonly string[] {
  if (record.result === 'planned') return [applyThePlan(record)];
  if (RESULT_TABLE[record.result].exit === 0) return undoLater(record);
  return [stateOfTheCluster(record), ...remedies(record), ...lookCloser(record)];
}

function applyThePlan({ planHash }: RunRecord): string {
  return `To carry it out, run the same inputs with mode: apply and plan-hash: ${planHash ?? 'as in the output'}. It runs only if it is still the same plan.`;
}

function undoLater({ plan, job, executionId, changed }: RunRecord): readonly string[] {
  if (plan === undefined || job === undefined || !changed) return [];
  if (plan.undo.kind === 'irreversible') return [`There is no undo: ${plan.undo.reason}`];
  if (plan.undo.requests.length === 0) return [];
  return [
    `To undo it, run mode: rollback with execution-id: ${executionId} while the Job ${job.name} exists.`,
  ];
}

function stateOfTheCluster(record: RunRecord): string {
  const { plan, job } = record;
  const target = targetOf(record);
  if (job === undefined) return 'Nothing was changed.';
  if (isUnsettled(record)) {
    return `The executor's verdict is not known. Look at ${target} and at job/${job.name} in ${job.namespace} before you run it again.`;
  }
  const undone = undoOutcome(record);
  const leaves = plan?.undo.kind === 'requests' ? plan.undo.leaves : undefined;
  if (undone === 'done')
    return leaves === undefined
      ? `The change was undone: ${target} ${isOne(record) ? 'is as it was' : 'are as they were'} before.`
      : `The change of ${target} was undone, but not all comes back: ${leaves}.`;
  if (undone === 'unfinished') return `The undo is not finished or not verified: look at ${target} at once.`;
  if (!record.changed) return 'Nothing was changed.';
  const undo = plan?.undo.kind === 'requests' ? ` What an undo would do: ${undoOf(record)}.` : '';
  return `The change was made and not undone: look at ${target}.${undo}`;
}

function undoOf({ plan }: RunRecord): string {
  return plan?.undo.kind === 'requests'
    ? plan.undo.requests.map((request) => request.summary).join('; ')
    : '';
}

function remedies({ gates, permissions }: RunRecord): readonly string[] {
  const ofGates = gates
    .filter((gate) => gate.verdict === 'refuse' || gate.verdict === 'unknown')
    .flatMap((gate) => gate.remedy ?? []);
  const isMissing = permissions.some((row) => row.allowed !== 'yes');
  return isMissing
    ? [...ofGates, 'Have an administrator grant the missing permissions shown above.']
    : ofGates;
}

function lookCloser(record: RunRecord): readonly string[] {
  const { job, namespace, plan } = record;
  const describe = isOnManifest(record)
    ? describeObjects(record)
    : plan
      ? [describeIn(namespace, [say(plan.target)])]
      : [];
  const logs =
    job && job.fate !== 'never-started' ? [`kubectl --namespace ${job.namespace} logs job/${job.name}`] : [];
  const commands = [...describe, ...logs];
  return commands.length === 0 ? [] : [`To look closer: ${commands.join(' and ')}`];
}

function describeIn(namespace: string, names: readonly string[]): string {
  return `kubectl${namespace === '' ? '' : ` --namespace ${namespace}`} describe ${names.join(' ')}`;
}

/** Of the first few, those that are still there. */
function describeObjects(record: RunRecord): readonly string[] {
  const isThere = ({ action, outcome }: AffectedResource): boolean =>
    outcome === 'unknown' || action !== (outcome === 'undone' ? 'created' : 'deleted');
  const there = affectedResources(record).filter(isThere).slice(0, MOST_NAMED);
  const byNamespace = Map.groupBy(there, ({ namespace = '' }) => namespace);
  return [...byNamespace].map(([namespace, objects]) =>
    describeIn(
      namespace,
      objects.map(({ resource, name }) => `${resource}/${name}`),
    ),
  );
}

const MOST_NAMED = 3;

/** Then the target is none that one could look at. */
function isOnManifest({ request }: RunRecord): boolean {
  return request.action.takesManifest !== undefined;
}

function isOne(record: RunRecord): boolean {
  return !isOnManifest(record) || affectedResources(record).length === 1;
}

function sayObjects(record: RunRecord): string {
  const objects = affectedResources(record);
  if (objects.length === 0) return 'the objects of the manifest';
  const names = objects.slice(0, MOST_NAMED).map(({ kind, resource, name, namespace }) => {
    const where = namespace === undefined ? '' : ` in ${namespace}`;
    return `${kind?.toLowerCase() ?? resource}/${name}${where}`;
  });
  const more = objects.length - names.length;
  return `${names.join(' and ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function targetOf(record: RunRecord): string {
  const { plan, request, namespace } = record;
  if (isOnManifest(record)) return sayObjects(record);
  const target = plan ? say(plan.target) : sayTarget(request);
  return namespace === '' ? target : `${target} in ${namespace}`;
}
