import type { ResourcePath } from '../plan/objects.ts';
import type { FieldChange, PlannedRequest } from '../plan/plan.ts';
import { textAt } from '../plan/pointer.ts';
import { showChange } from '../plan/sensitive.ts';
import type { AffectedResource } from './kubernetes-execution.ts';
import type { RunRecord } from './record.ts';
import { isUnsettled } from './unsettled.ts';

/** What was done to which object, of the requests that were or may have been carried out; for a plan, of all. */
export function affectedResources(record: RunRecord): readonly AffectedResource[] {
  return (record.plan?.requests ?? []).flatMap((request, index) => {
    const outcome = outcomeOf(record, index);
    return outcome === 'not-applied' ? [] : [affectedBy(record, request, outcome)];
  });
}

function outcomeOf(record: RunRecord, index: number): AffectedResource['outcome'] | 'not-applied' {
  if (isUndone(record, index)) return 'undone';
  if (record.verdict?.shortened === true) return record.changed ? 'unknown' : 'not-applied';
  if (record.verdict) return record.verdict.requests[index]?.outcome ?? 'not-applied';
  if (isUnsettled(record)) return 'unknown';
  return record.result === 'planned' || record.result === 'simulated' ? 'planned' : 'not-applied';
}

/** The verdict lists the undo's requests that were sent, or says that all were; their summaries tell which. */
function isUndone({ plan, verdict }: RunRecord, index: number): boolean {
  if (plan?.undo.kind !== 'requests') return false;
  const undoing = plan.undo.requests.filter((request) => request.undoes === index);
  if (verdict?.shortened === true && verdict.undone === true) return undoing.length > 0;
  const applied = (verdict?.undo?.requests ?? []).filter((request) => request.outcome === 'applied');
  const isApplied = (summary: string) => applied.some((request) => request.summary === summary);
  return undoing.length > 0 && undoing.every((request) => isApplied(request.summary));
}

function affectedBy(
  record: RunRecord,
  request: PlannedRequest,
  outcome: AffectedResource['outcome'],
): AffectedResource {
  const of = request.effect.object;
  return {
    kind: kindOf(record, request),
    resource: of.group === '' ? of.resource : `${of.resource}.${of.group}`,
    namespace: of.namespace,
    name: of.name ?? '',
    action: actionOf(request),
    outcome,
    ...(request.effect.kind === 'fields' ? beforeAndAfter(of, request.effect.fields) : {}),
  };
}

/** Objects of a manifest tell it themselves. */
function kindOf(record: RunRecord, { effect: { object: of }, body }: PlannedRequest): string | undefined {
  if (record.request.action.takesManifest !== undefined) return textAt(body, '/kind') || undefined;
  const kinds = [record.request.kind, ...record.request.action.kinds];
  return kinds.find((kind) => kind.resource === of.resource)?.kind;
}

function actionOf(request: PlannedRequest): AffectedResource['action'] {
  if (request.effect.kind === 'created') return 'created';
  if (request.verb === 'delete' || request.verb === 'evict') return 'deleted';
  if (request.path.subresource === 'scale') return 'scaled';
  const { effect } = request;
  const restarts =
    effect.kind === 'fields' && effect.fields.some((field) => field.pointer.endsWith('restartedAt'));
  return restarts ? 'restarted' : 'patched';
}

function beforeAndAfter(
  of: ResourcePath,
  fields: readonly FieldChange[],
): Pick<AffectedResource, 'before' | 'after'> {
  const shown = fields.map((field) => showChange(of, field));
  const before = shown.flatMap((field) => ('before' in field ? [[field.pointer, field.before]] : []));
  const after = shown.flatMap((field) => ('after' in field ? [[field.pointer, field.after]] : []));
  return { before: Object.fromEntries(before), after: Object.fromEntries(after) };
}
