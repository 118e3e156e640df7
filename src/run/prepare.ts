/** Everything before the Job: who we are, what is there, what would be done, whether it may be, and the rehearsal. */
import type { Question } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { getObject, listObjects } from '../cluster/typed.ts';
import type { GateInput } from '../gates/gate.ts';
import { judgeGates } from '../gates/index.ts';
import { hashPlan } from '../plan/hash.ts';
import { type KubernetesObject, say } from '../plan/objects.ts';
import type { Plan } from '../plan/plan.ts';
import { assessRisk } from '../plan/risk.ts';
import { type Connected, type Connecting, connect, namespaceOf } from './connect.ts';
import { Ended, refuse } from './ending.ts';
import { environmentOf } from './environment.ts';
import { type Observed, observeTarget, openSight } from './observe-target.ts';
import {
  askAction,
  askNeeded,
  mayRehearsePods,
  podRehearsalGrant,
  type Where,
  whereOf,
} from './permissions.ts';
import type { Finding, GateVerdict } from './record.ts';
import { refuseMissing } from './refuse-missing.ts';
import { refusalsOf, rehearse } from './rehearse.ts';
import { settle, take } from './settle.ts';

export interface Preparing extends Connecting {
  /** The Job as it would be created, sent as a dry run by the caller. */
  readonly rehearseJob: (prepared: Prepared) => Promise<void>;
}

export interface Prepared extends Connected {
  readonly plan: Plan;
  readonly planHash: string;
}

/** Throws `Ended` where a rule, a missing right or the API server's refusal in the rehearsal ends the run. */
export async function prepare(input: Preparing): Promise<Prepared> {
  const { recording } = input;
  const namespace = namespaceOf(input);
  recording.learn({ namespace });
  const connected = await connect(input, namespace);
  const seen = await look(input, connected, namespace);
  const planned = makePlan(input, seen, namespace);
  refuseByGates(input, planned.gates);
  const prepared = { ...planned, ...connected };
  await rehearseAll(input, connected, prepared, seen);
  return prepared;
}

interface Looked {
  readonly observed: Observed;
  readonly question: Question<unknown>;
  readonly namespaceObject: KubernetesObject | undefined;
  readonly autoscalers: readonly KubernetesObject[] | undefined;
  readonly podsMayBeRehearsed: boolean;
  readonly where: Where;
}

async function look(
  { request, options, recording }: Preparing,
  { rehearser, podRehearser }: Connected,
  namespace: string,
): Promise<Looked> {
  const { action, kind, name, parameters } = request;
  const where = whereOf(action, namespace, options.jobNamespace);
  const question = {
    namespace,
    kind,
    name,
    ...(request.selection === undefined ? {} : { selection: request.selection }),
    parameters,
    force: options.force,
    at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  const { api, reviews } = rehearser;
  const sight = openSight();
  const [rows, observed, namespaceObject, autoscalers, pods] = await Promise.all([
    settle(askAction(reviews, where)),
    settle(observeTarget(api, action, question, sight)),
    settle(readNamespace(api, namespace)),
    settle(
      action.driftsFromSource && namespace !== '' ? listAutoscalers(api, namespace) : Promise.resolve([]),
    ),
    settle(namespace === '' ? Promise.resolve(false) : mayRehearsePods(podRehearser.reviews, namespace)),
  ]);
  const needed = await askNeeded(reviews, where, action.needs?.(question, sight.seen) ?? []);
  const asked = [...(rows.value ?? []), ...needed];
  recording.learn({ permissions: [...recording.known.permissions, ...asked] });
  refuseMissing(asked);
  recording.reach('observed');
  return {
    observed: take(observed),
    question,
    namespaceObject: namespaceObject.value ?? undefined,
    autoscalers: autoscalers.value,
    podsMayBeRehearsed: pods.value ?? false,
    where,
  };
}

async function readNamespace(api: ApiServer, name: string): Promise<KubernetesObject | null> {
  return name === '' ? null : getObject(api, { group: '', version: 'v1', resource: 'namespaces', name });
}

async function listAutoscalers(api: ApiServer, namespace: string): Promise<readonly KubernetesObject[]> {
  return (
    await listObjects(api, {
      group: 'autoscaling',
      version: 'v2',
      resource: 'horizontalpodautoscalers',
      namespace,
    })
  ).items;
}

type Planned = Pick<Prepared, 'plan' | 'planHash'> & {
  readonly gates: readonly GateVerdict[];
  readonly draft: GateInput['draft'];
};

function makePlan(
  { request, mode, options, recording }: Preparing,
  seen: Looked,
  namespace: string,
): Planned {
  const draft = request.action.plan(seen.question, seen.observed);
  if (draft.kind === 'refusal') throw new Ended(refuse(draft.reasonCode, draft.message));
  const environment = environmentOf(namespace, seen.namespaceObject?.metadata.labels);
  const risk = assessRisk({ plan: draft, podsAffected: draft.podsAffected, environment });
  const plan: Plan = {
    version: 1,
    action: request.action.name,
    scope: request.action.scope === 'cluster' ? { kind: 'cluster' } : { kind: 'namespace', namespace },
    target: draft.target,
    at: seen.question.at,
    summary: draft.summary,
    requests: draft.requests,
    checks: draft.checks,
    undo: draft.undo,
    locks: draft.locks,
    notes: draft.notes,
    ...(draft.collects === undefined ? {} : { collects: draft.collects }),
    settings: request.settings,
  };
  const planHash = hashPlan(plan);
  const gates = judgeGates({
    request,
    action: request.action,
    mode,
    options,
    namespace,
    draft,
    risk,
    involved: seen.observed.objects,
    seen: seen.observed,
    namespaceObject: seen.namespaceObject,
    autoscalers: seen.autoscalers,
  });
  recording.learn({ plan, planHash, risk, gates, environment });
  recording.reach('planned');
  return { plan, planHash, gates, draft };
}

/** Every refusal at once, each with its way out; unknown refuses too. */
function refuseByGates({ recording }: Preparing, gates: readonly GateVerdict[]): void {
  const closed = gates.filter((gate) => gate.verdict === 'refuse' || gate.verdict === 'unknown');
  const [first] = closed;
  if (!first) return;
  const message = closed.map((gate) => `${gate.message}. ${gate.remedy ?? ''}`.trim()).join('\n');
  recording.reach(`refused by ${closed.map((gate) => gate.gate).join(', ')}`);
  throw new Ended(refuse(first.reasonCode, message));
}

async function rehearseAll(
  input: Preparing,
  connected: Connected,
  prepared: Planned & Prepared,
  seen: Looked,
): Promise<void> {
  const { recording } = input;
  const { draft } = prepared;
  const podApi = seen.podsMayBeRehearsed ? { podApi: connected.podRehearser.api } : {};
  const [report] = await Promise.all([
    rehearse({ draft, observed: seen.observed, api: connected.rehearser.api, ...podApi }),
    draft.requests.length === 0 ? Promise.resolve() : input.rehearseJob(prepared),
  ]);
  const unrehearsed: Finding[] =
    seen.podsMayBeRehearsed || draft.podTemplates.length === 0
      ? []
      : [
          {
            severity: 'warning',
            about: `pods of ${say(draft.target)}`,
            message: `not rehearsed: the namespace has not opted in. Apply:\n${podRehearsalGrant(seen.where)}`,
          },
        ];
  recording.learn({ rehearsal: { ...report, findings: [...report.findings, ...unrehearsed] } });
  recording.reach('rehearsed');
  const refusals = refusalsOf(report);
  if (refusals.length > 0) {
    throw new Ended(
      refuse(
        'rehearsal-refused',
        `the API server refused the change in the dry run:\n${refusals.join('\n')}`,
      ),
    );
  }
}
