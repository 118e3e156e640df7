import type { ResourcePath } from '../plan/objects.ts';
import type { FieldChange, PlannedRequest } from '../plan/plan.ts';
import { textAt } from '../plan/pointer.ts';
import { showChange } from '../plan/sensitive.ts';
import { isUndone } from '../plan/verdict.ts';
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
  const { verdict } = record;
  if (verdict?.shortened === true) {
    if (verdict.undone === true && undoingOf(record, index).length > 0) return 'undone';
    return record.changed ? 'unknown' : 'not-applied';
  }
  const sent = verdict && (verdict.requests[index]?.outcome ?? 'not-applied');
  if (sent) return sent !== 'not-applied' && isTakenBack(record, index) ? 'undone' : sent;
  if (isUnsettled(record)) return 'unknown';
  return record.result === 'planned' || record.result === 'simulated' ? 'planned' : 'not-applied';
}

/** Of an undo that did not come to its end, the verdict lists the requests that were sent; their summaries tell which. */
function isTakenBack(record: RunRecord, index: number): boolean {
  const { verdict } = record;
  const undoing = undoingOf(record, index);
  if (!verdict || undoing.length === 0) return false;
  const applied = (verdict.undo?.requests ?? []).filter((request) => request.outcome === 'applied');
  const isApplied = (summary: string) => applied.some((request) => request.summary === summary);
  return isUndone(verdict) || undoing.every((request) => isApplied(request.summary));
}

function undoingOf({ plan }: RunRecord, index: number): readonly PlannedRequest[] {
  return plan?.undo.kind === 'requests'
    ? plan.undo.requests.filter((request) => request.undoes === index)
    : [];
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
  if (request.verb === 'update') return 'updated';
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
