/** Observes and rehearses from the step, with a token of the action's ServiceAccount that can do nothing else. */
import type { Action, PlanDraft, Question, Refusal, Snapshot } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { settle, take } from '../cluster/settle.ts';
import { listObjects } from '../cluster/typed.ts';
import { AUTOSCALERS } from '../plan/autoscalers.ts';
import { type KubernetesObject, say } from '../plan/objects.ts';
import type { Review } from '../rehearse/access-review.ts';
import { observeTarget, openSight, readNamespace } from '../rehearse/observe-target.ts';
import type { JobQuestion } from '../rehearse/question.ts';
import { rehearse } from '../rehearse/rehearse.ts';
import type { Finding, RehearsalReport } from '../rehearse/report.ts';
import { type Connected, type Connecting, connectToRehearse } from './connect.ts';
import {
  askAction,
  askNeeded,
  mayRehearsePods,
  podRehearsalGrant,
  sayNotOptedIn,
  type Where,
  whereOf,
} from './permissions.ts';
import { refuseMissing } from './refuse-missing.ts';

/** What a look at the cluster has brought, whoever looked. */
export interface Looked {
  readonly connected: Connected;
  readonly draft: PlanDraft | Refusal;
  /** All that the action read. */
  readonly seen: Snapshot;
  /** What of it was read one by one: the target and its owners. */
  readonly involved: readonly KubernetesObject[];
  /** `undefined` where there is none. */
  readonly namespaceObject: KubernetesObject | undefined;
  readonly autoscalers: readonly KubernetesObject[] | undefined;
  /** The dry runs of the draft's requests. */
  readonly rehearse: () => Promise<RehearsalReport>;
  /** For files that are to be collected; absent where nobody outside the cluster may read. */
  readonly reader?: ApiServer;
  /** What a Job was asked, where one has looked. */
  readonly asked?: JobQuestion;
}

export async function lookFromHere(input: Connecting, question: Question<unknown>): Promise<Looked> {
  const { request, options, recording } = input;
  const { action } = request;
  const { namespace } = question;
  const connected = await connectToRehearse(input, namespace);
  const { rehearser, podRehearser } = connected;
  const where = whereOf(action, namespace, options.jobNamespace);
  const { api, reviews } = rehearser;
  const sight = openSight();
  const [rows, observed, namespaceObject, autoscalers, pods] = await Promise.all([
    askAction(reviews, where),
    settle(observeTarget(api, action, question, sight)),
    settle(readNamespace(api, namespace)),
    settle(mayBeScaled(action) && namespace !== '' ? listAutoscalers(api, namespace) : Promise.resolve([])),
    mayRehearsePods(podRehearser.reviews, where),
  ]);
  const needed = await askNeeded(reviews, where, action.needs?.(question, sight.seen) ?? []);
  const asked = [...rows, ...needed];
  recording.learn({ permissions: [...recording.known.permissions, ...asked] });
  refuseMissing(asked, sayNotOptedIn(where, asked));
  recording.reach('observed');
  const seen = take(observed);
  const draft = action.plan(question, seen);
  const podApi = pods.allowed === 'yes' ? { podApi: podRehearser.api } : {};
  return {
    connected,
    draft,
    seen,
    involved: seen.objects,
    namespaceObject: take(namespaceObject) ?? undefined,
    autoscalers: autoscalers.value,
    reader: api,
    rehearse: async () => {
      if (draft.kind === 'refusal') return { requests: [], findings: [] };
      const { requests, findings } = await rehearse({ draft, observed: seen, api, ...podApi });
      return { requests, findings: [...findings, ...sayUnrehearsed(draft, pods, where)] };
    },
  };
}

/** Where an action can change replicas, its entry has the right to see who else does. */
function mayBeScaled({ permissions }: Action): boolean {
  return permissions.some(({ resources }) => resources.includes(AUTOSCALERS.resource));
}

function sayUnrehearsed(
  { podTemplates }: PlanDraft,
  { allowed, reason }: Review,
  where: Where,
): readonly Finding[] {
  if (podTemplates.length === 0 || allowed === 'yes') return [];
  const message =
    allowed === 'no'
      ? `not rehearsed: ${where.namespace === undefined ? 'the cluster as a whole' : 'the namespace'} has not opted in. Apply:\n${podRehearsalGrant(where)}`
      : `not rehearsed: it could not be asked whether they may be: ${reason}`;
  const [first, ...others] = podTemplates.map(({ of }) => say(of));
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return [{ severity: 'warning', about: `pods of ${first}${more}`, message }];
}

async function listAutoscalers(api: ApiServer, namespace: string): Promise<readonly KubernetesObject[]> {
  return (await listObjects(api, { ...AUTOSCALERS, namespace })).items;
}
