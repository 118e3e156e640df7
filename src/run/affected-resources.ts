import type { ResourcePath } from '../plan/objects.ts';
import type { FieldChange, PlannedRequest } from '../plan/plan.ts';
import { textAt } from '../plan/pointer.ts';
import { showChange } from '../plan/sensitive.ts';
import { isUndone, type Verdict } from '../plan/verdict.ts';
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

type RequestOutcome = AffectedResource['outcome'] | 'not-applied';

function outcomeOf(record: RunRecord, index: number): RequestOutcome {
  if (record.verdict) return outcomeIn(record.verdict, record, index);
  if (isUnsettled(record)) return 'unknown';
  return record.result === 'planned' || record.result === 'simulated' ? 'planned' : 'not-applied';
}

function outcomeIn(verdict: Verdict, { plan, changed }: RunRecord, index: number): RequestOutcome {
  const requests = plan?.undo.kind === 'requests' ? plan.undo.requests : [];
  const isBack = isTakenBack(
    verdict,
    requests.filter((request) => request.undoes === index),
  );
  if (verdict.shortened === true) return isBack ? 'undone' : changed ? 'unknown' : 'not-applied';
  const outcome = verdict.requests[index]?.outcome ?? 'not-applied';
  return isBack && outcome !== 'not-applied' ? 'undone' : outcome;
}

/** Of an undo that did not come to its end, the verdict lists the requests that were sent; their summaries tell which. */
function isTakenBack(verdict: Verdict, undoing: readonly PlannedRequest[]): boolean {
  const applied = (verdict.undo?.requests ?? []).filter((request) => request.outcome === 'applied');
  const isApplied = (summary: string) => applied.some((request) => request.summary === summary);
  return undoing.length > 0 && (isUndone(verdict) || undoing.every((request) => isApplied(request.summary)));
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
