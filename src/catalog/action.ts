/** What a catalogue entry is. Pure: no I/O and no clock; one file per action. */
import type { ZodType } from 'zod';
import type { KubernetesObject, ObjectRef, ResourcePath, ServedKind } from '../plan/objects.ts';
import type { Plan, PlannedRequest, Scope } from '../plan/plan.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { SecretValues } from '../plan/secret-values.ts';

export interface Action<Parameters = unknown> {
  /** Kebab-case, as in `uses:`, ServiceAccounts and documents. */
  readonly name: string;
  /** Names of the sources, in any style; snake_case and PascalCase of `name` need not be listed. */
  readonly aliases: readonly string[];
  /** One sentence for `docs/actions.md`. */
  readonly summary: string;
  /** The first is meant where the target names none. */
  readonly kinds: readonly TargetKind[];
  readonly parameters: ZodType<Parameters>;
  /** What its ServiceAccount may do in a namespace that opted in; becomes a ClusterRole. */
  readonly permissions: readonly PolicyRule[];
  /** What of the objects it updates it may write; becomes an admission policy. Subresources need none. */
  readonly writableFields: readonly WritableFields[];
  readonly scope: 'namespace' | 'cluster';
  /** Takes several targets at once, by a selector in place of a name. */
  readonly selectable?: true;
  /** Takes the input `secret-values`. */
  readonly takesValues?: true;
  /**
   * Acts on the objects of its parameter `manifest` in place of a target, of whatever kind: its ClusterRole is aggregated
   * from what installers add, and admission holds it off the kinds that no manifest may hold. `delete`: it deletes them.
   */
  readonly takesManifest?: 'apply' | 'delete';
  readonly reversible: boolean;
  /** Whether it changes what a GitOps tool keeps in its source, and would put back. */
  readonly driftsFromSource: boolean;
  /** Upper bound of a usual verification; `verify-timeout` where none is given. */
  readonly verifyTimeoutSeconds: number;
  /** What must be read next, given what has been seen; asked again until nothing new comes. */
  reads(question: Question<Parameters>, seen: Snapshot): readonly Read[];
  /** What its ServiceAccount must be allowed for this very plan, beyond `permissions`; of as much as was seen. */
  needs?(question: Question<Parameters>, seen: Snapshot): readonly PolicyRule[];
  plan(question: Question<Parameters>, seen: Snapshot): PlanDraft | Refusal;
}

/** Whether its ServiceAccount can change nothing: such an action is carried out by the step itself, without a Job. */
export function readsOnly({
  permissions,
  takesManifest,
}: Pick<Action, 'permissions' | 'takesManifest'>): boolean {
  if (takesManifest !== undefined) return false;
  return permissions.every(({ verbs }) => verbs.every((verb) => READING_VERBS.includes(verb)));
}

/**
 * Whether its ServiceAccount can read Secrets. No token of such an identity leaves the cluster: what it reads, plans and
 * rehearses, it does in a Job, which tells nothing of any value.
 */
export function touchesSecrets({ permissions }: Pick<Action, 'permissions'>): boolean {
  return permissions.some(
    ({ apiGroups, resources }) =>
      (apiGroups.includes('') || apiGroups.includes('*')) &&
      resources.some((resource) => resource === 'secrets' || resource.startsWith('*')),
  );
}

/** What of an action plans; for those that touch Secrets it runs in the cluster too, so its module loads no schema. */
export type Planner<Parameters = unknown> = Pick<
  Action<Parameters>,
  'name' | 'scope' | 'permissions' | 'reads' | 'plan'
>;

const READING_VERBS = ['get', 'list', 'watch'];

export interface TargetKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  /** Short names accepted in `target`: `deploy`, `deployments`. */
  readonly shortNames: readonly string[];
}

export interface Question<Parameters> {
  /** Empty for cluster-scoped actions. */
  readonly namespace: string;
  readonly kind: TargetKind;
  /** Empty where `selection` says which. */
  readonly name: string;
  readonly selection?: Selection;
  readonly parameters: Parameters;
  /** The input `force`; absent is false. */
  readonly force?: boolean;
  /** RFC 3339 with second resolution; see `Plan.at`. */
  readonly at: string;
  /** What was given as `secret-values`; known in the cluster alone. No plan may hold one of them. */
  readonly values?: SecretValues;
}

/** All objects of the kind with these labels. */
export interface Selection {
  /** As list requests take it: `app=web,tier in (a,b)`. */
  readonly labels: string;
  readonly maxTargets: number;
}

export type Read =
  | ObjectRead
  /** Which kinds the server has in a version of a group. */
  | { readonly kind: 'discover'; readonly group: string; readonly version: string }
  /** What would come of a request, which changes nothing. */
  | { readonly kind: 'dry-run'; readonly request: DryRun };

export type ObjectRead =
  | { readonly kind: 'get'; readonly path: ResourcePath }
  | {
      readonly kind: 'list';
      readonly path: ResourcePath;
      readonly labelSelector?: string;
      readonly fieldSelector?: string;
    };

/** A planned request without what follows from its answer. */
export type DryRun = Pick<PlannedRequest, 'summary' | 'verb' | 'patchType' | 'path' | 'body' | 'force'>;

export interface DryRunAnswer {
  readonly status: number;
  /** The object as it would be, or the server's refusal as a `Status`. */
  readonly body: unknown;
}

/** What the cluster has answered so far, by what it was asked. */
export interface Snapshot {
  /** `undefined`: not asked yet. `null`: the server said 404. */
  get(path: ResourcePath): KubernetesObject | null | undefined;
  list(
    path: ResourcePath,
    labelSelector?: string,
    fieldSelector?: string,
  ): readonly KubernetesObject[] | undefined;
  /** `null`: the server has no such group or version. */
  discover(group: string, version: string): readonly ServedKind[] | null | undefined;
  dryRun(request: DryRun): DryRunAnswer | undefined;
}

/** A plan without what the run adds. */
export interface PlanDraft
  extends Pick<
    Plan,
    'target' | 'summary' | 'requests' | 'checks' | 'undo' | 'locks' | 'notes' | 'collects' | 'secret'
  > {
  readonly kind: 'plan';
  /** Pods that would come of it; rehearsed as Pods, which shows quota, LimitRange and PSA. */
  readonly podTemplates: readonly PodTemplate[];
  /** The most pods that stop serving at once or for good, for the risk. */
  readonly podsAffected: number;
}

export interface PodTemplate {
  readonly namespace: string;
  readonly of: ObjectRef;
  /** The pods take the place of others, so one more beside them need not fit. */
  readonly replaces: boolean;
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The action can't be done on this target; nothing is sent. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reasonCode: ReasonCode;
  readonly message: string;
  /** What it was about beside the run's own target: the objects of a manifest. */
  readonly touches?: readonly ResourcePath[];
}

/** As in RBAC. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * Everything of the object but these paths must stay as it is. `['metadata','annotations','x']`: a path names a map's key,
 * a struct's field, or with `*` every named member of a list, followed by exactly one of its fields.
 */
export interface WritableFields {
  readonly apiGroup: string;
  readonly version: string;
  readonly resource: string;
  readonly paths: readonly (readonly string[])[];
}

/** Where a plan of the action may write. */
export function scopeOf({ scope }: Pick<Action, 'scope'>, namespace: string): Scope {
  return scope === 'cluster' ? { kind: 'cluster' } : { kind: 'namespace', namespace };
}
