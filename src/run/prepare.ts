/** Everything before the Job: who we are, what is there, what would be done, whether it may be, and the rehearsal. */
import { type Question, type Refusal, scopeOf, touchesSecrets } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import type { GateVerdict } from '../gates/gate.ts';
import { judgeGates } from '../gates/index.ts';
import { judgeNamespaces } from '../gates/protected-namespace.ts';
import { hashPlan } from '../plan/hash.ts';
import type { Plan } from '../plan/plan.ts';
import { assessRisk } from '../plan/risk.ts';
import { makePlan } from '../rehearse/make-plan.ts';
import type { JobQuestion } from '../rehearse/question.ts';
import { refusalsOf } from '../rehearse/rehearse.ts';
import { type Connected, type Connecting, namespaceOf } from './connect.ts';
import { Ended, type Ending, refuse } from './ending.ts';
import { environmentOf } from './environment.ts';
import { type Looked, lookFromHere } from './look-from-here.ts';
import { type AskInJob, lookInJob } from './look-in-job.ts';

export interface Preparing extends Connecting {
  /** The Job as it would be created, sent as a dry run by the caller. */
  readonly rehearseJob: (prepared: Prepared) => Promise<void>;
  readonly askInJob: AskInJob;
}

export interface Prepared extends Connected {
  readonly plan: Plan;
  readonly planHash: string;
  readonly reader?: ApiServer;
  /** What the executor is sent in place of the plan, where that is made in the cluster. */
  readonly question?: JobQuestion;
}

/** Throws `Ended` where a rule, a missing right or the API server's refusal in the rehearsal ends the run. */
export async function prepare(input: Preparing): Promise<Prepared> {
  const { recording } = input;
  const question = questionOf(input);
  recording.learn({ namespace: question.namespace });
  const looked = touchesSecrets(input.request.action)
    ? await lookInJob(input, question, input.askInJob)
    : await lookFromHere(input, question);
  const planned = judgePlan(input, looked, question);
  refuseByGates(input, planned.gates);
  const { connected, reader, asked } = looked;
  const prepared = {
    ...planned,
    ...connected,
    ...(reader ? { reader } : {}),
    ...(asked ? { question: asked } : {}),
  };
  await rehearseAll(input, prepared, looked);
  return prepared;
}

function questionOf(input: Preparing): Question<unknown> {
  const { kind, name, parameters, selection } = input.request;
  return {
    namespace: namespaceOf(input),
    kind,
    name,
    ...(selection === undefined ? {} : { selection }),
    parameters,
    force: input.options.force,
    at: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
  };
}

type Planned = Pick<Prepared, 'plan' | 'planHash'> & {
  readonly gates: readonly GateVerdict[];
};

function judgePlan(
  { request, mode, options, recording }: Preparing,
  { connected, draft, seen, involved, namespaceObject, autoscalers }: Looked,
  { namespace, at }: Question<unknown>,
): Planned {
  const environment = environmentOf(namespace, namespaceObject?.metadata.labels);
  if (namespace === '' || namespaceObject !== undefined) recording.learn({ environment });
  if (draft.kind === 'refusal') {
    const { protectedNamespaces } = connected;
    const gate = judgeNamespaces({ namespace, protectedNamespaces, request }, draft.touches);
    if (gate.verdict !== 'pass') recording.learn({ gates: [gate] });
    throw new Ended(refuseUnplanned(draft, gate));
  }
  const risk = assessRisk({ plan: draft, podsAffected: draft.podsAffected, environment });
  const plan = makePlan(draft, {
    action: request.action.name,
    scope: scopeOf(request.action, namespace),
    at,
    settings: request.settings,
  });
  const planHash = hashPlan(plan);
  const gates = judgeGates({
    request,
    mode,
    options,
    namespace,
    protectedNamespaces: connected.protectedNamespaces,
    draft,
    risk,
    involved,
    seen,
    namespaceObject,
    autoscalers,
  });
  recording.learn({ plan, planHash, risk, gates });
  recording.reach('planned');
  return { plan, planHash, gates };
}

/** Where admission would let nothing through, that comes first: the dry runs that the plan needs were refused for it. */
function refuseUnplanned({ reasonCode, message }: Refusal, gate: GateVerdict): Ending {
  return gate.verdict === 'pass'
    ? refuse(reasonCode, message)
    : refuse(gate.reasonCode, `${sayClosed(gate)}\n${message}`);
}

function sayClosed({ message, remedy = '' }: GateVerdict): string {
  return `${message}. ${remedy}`.trim();
}

/** Every refusal at once, each with its way out; unknown refuses too. */
function refuseByGates({ recording }: Preparing, gates: readonly GateVerdict[]): void {
  const closed = gates.filter((gate) => gate.verdict === 'refuse' || gate.verdict === 'unknown');
  const [first] = closed;
  if (!first) return;
  const message = closed.map(sayClosed).join('\n');
  recording.reach(`refused by ${closed.map((gate) => gate.gate).join(', ')}`);
  throw new Ended(refuse(first.reasonCode, message));
}

async function rehearseAll(input: Preparing, prepared: Prepared, looked: Looked): Promise<void> {
  const { recording } = input;
  const [rehearsal] = await Promise.all([
    looked.rehearse(),
    prepared.plan.requests.length === 0 ? Promise.resolve() : input.rehearseJob(prepared),
  ]);
  recording.learn({ rehearsal });
  recording.reach('rehearsed');
  const refusals = refusalsOf(rehearsal);
  if (refusals.length > 0) {
    throw new Ended(
      refuse(
        'rehearsal-refused',
        `the API server refused the change in the dry run:\n${refusals.join('\n')}`,
      ),
    );
  }
}
