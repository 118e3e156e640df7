/** Sends the plan's requests with `dryRun=All` under the identity that will send them, and the pods to come as Pods. */
import type { PlanDraft, PodTemplate } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { ApiError, cannotServe, isFinalFault, isHeldBack, isWebhookAway } from '../cluster/errors.ts';
import { requestPath } from '../cluster/path.ts';
import { toApiRequest } from '../cluster/send-planned.ts';
import { diffObjects } from '../plan/diff.ts';
import { say } from '../plan/objects.ts';
import type { FieldChange, PlannedRequest } from '../plan/plan.ts';
import { readPointer } from '../plan/pointer.ts';
import { showChange } from '../plan/sensitive.ts';
import { hasServerChoice } from '../plan/server-choice.ts';
import type { Observed } from './observe-target.ts';
import type { DiffLine, Finding, RehearsalReport, RehearsedRequest } from './report.ts';

export interface Rehearsing {
  readonly draft: PlanDraft;
  readonly observed: Observed;
  readonly api: ApiServer;
  /** Absent where nobody has opted in to it, or that could not be asked. */
  readonly podApi?: ApiServer;
}

export async function rehearse({ draft, observed, api, podApi }: Rehearsing): Promise<RehearsalReport> {
  const [requests, pods] = await Promise.all([
    Promise.all(draft.requests.map((request) => rehearseRequest(api, request, observed))),
    podApi ? Promise.all(draft.podTemplates.map((template) => rehearsePod(podApi, template))) : [],
  ]);
  return {
    requests: requests.map(({ rehearsed }) => rehearsed),
    findings: [...requests.flatMap(({ warnings }) => warnings), ...pods.flat()],
  };
}

/** What was refused, for the message; empty when everything was accepted. */
export function refusalsOf(report: RehearsalReport): readonly string[] {
  return [
    ...report.requests
      .filter((request) => request.outcome === 'refused')
      .map((request) => `${request.summary}: HTTP ${request.status ?? '?'}, ${request.message ?? ''}`),
    ...report.findings
      .filter((finding) => finding.severity === 'refusal')
      .map((finding) => `${finding.about}: ${finding.message}`),
  ];
}

interface Rehearsed {
  readonly rehearsed: RehearsedRequest;
  readonly warnings: readonly Finding[];
}

async function rehearseRequest(
  api: ApiServer,
  request: PlannedRequest,
  observed: Observed,
): Promise<Rehearsed> {
  const { summary } = request;
  if (request.rehearsal !== 'yes') {
    const message =
      request.rehearsal === 'cannot'
        ? 'its kind is not served yet'
        : `needs what request ${request.rehearsal.dependsOn + 1} makes`;
    return { rehearsed: { summary, outcome: 'not-rehearsed', message, diff: [] }, warnings: [] };
  }
  const response = await api.send(toApiRequest(request, { dryRun: true }));
  const warnings = response.warnings.map(
    (message): Finding => ({ severity: 'warning', about: summary, message }),
  );
  const { status } = response;
  if (status >= 200 && status < 300) {
    return {
      rehearsed: { summary, outcome: 'accepted', status, diff: diffOf(request, observed, response.body) },
      warnings,
    };
  }
  const error = new ApiError(status, response.body);
  const { message, causeMessages } = error;
  if (request.waitsForBudget === true && isHeldBack(error)) {
    const held = [message, ...causeMessages].join(' ');
    const finding: Finding = { severity: 'warning', about: summary, message: `would have to wait: ${held}` };
    const rehearsed = { summary, outcome: 'not-rehearsed', status, message: held, diff: [] } as const;
    return { rehearsed, warnings: [...warnings, finding] };
  }
  throwWhereSick(error);
  return { rehearsed: { summary, outcome: 'refused', status, message, diff: [] }, warnings };
}

/** A server that fails has refused nothing; a webhook that it asks in vain has. */
function throwWhereSick(error: ApiError): void {
  if (cannotServe(error) && !isFinalFault(error) && !isWebhookAway(error)) throw error;
}

function diffOf(request: PlannedRequest, observed: Observed, answer: unknown): readonly DiffLine[] {
  const { effect, path } = request;
  if (effect.kind === 'gone') return [{ pointer: '', before: `${path.resource}/${path.name ?? ''}` }];
  // What the server fills in is of no interest, and there is much of it.
  if (effect.kind === 'created') return [showChange(effect.object, { pointer: '', after: request.body })];
  const live = observed.get(effect.object);
  // An answer of a subresource is another object, and what was read in a list is not known singly.
  const lines =
    path.subresource === undefined && live
      ? diffObjects(live, answer)
      : effect.fields.map((field) => afterwards(field, answer));
  // The dry run's own choice is none that will be.
  const open = effect.fields.filter(({ after }) => hasServerChoice(after));
  return lines
    .map((line) => open.find(({ pointer }) => pointer === line.pointer) ?? line)
    .map((line) => showChange(effect.object, line));
}

/** The answer may leave out what is planned: the Scale of no replicas has none. */
function afterwards({ after: planned, ...field }: FieldChange, answer: unknown): FieldChange {
  const after = readPointer(answer, field.pointer) ?? planned;
  return after === undefined ? field : { ...field, after };
}

/** A dry run of the workload does not ask quota, LimitRange, Pod Security or the ServiceAccount; one of a pod does. */
async function rehearsePod(api: ApiServer, template: PodTemplate): Promise<readonly Finding[]> {
  const about = `a pod of ${say(template.of)}`;
  const response = await api.send({
    method: 'POST',
    path: requestPath({ group: '', version: 'v1', resource: 'pods', namespace: template.namespace }),
    query: { dryRun: 'All' },
    resendable: true,
    body: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { generateName: 'rehearsal-', ...template.metadata },
      spec: template.spec,
    },
  });
  const warnings = response.warnings.map((message): Finding => ({ severity: 'warning', about, message }));
  if (response.status >= 200 && response.status < 300) return warnings;
  const error = new ApiError(response.status, response.body);
  throwWhereSick(error);
  const { message } = error;
  return [...warnings, { severity: isOnlyFull(template, message) ? 'warning' : 'refusal', about, message }];
}

/** A quota that is full with the old pods still lets new ones take their place. */
function isOnlyFull(template: PodTemplate, message: string): boolean {
  return template.replaces && message.includes('exceeded quota');
}
