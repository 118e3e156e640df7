/**
 * The plan: the API requests of an execution as data. The step rehearses them with `dryRun=All`, the
 * executor sends them; neither adds a request of its own.
 */
import type { ObjectRef, ResourcePath } from './objects.ts';
import type { SecretValues } from './secret-values.ts';

export interface Plan {
  readonly version: 1;
  /** Canonical name of the catalogue's action. */
  readonly action: string;
  readonly scope: Scope;
  readonly target: ObjectRef & { readonly uid?: string };
  /** RFC 3339 in UTC with second resolution. The hash leaves it out wherever it stands as a whole string. */
  readonly at: string;
  /** One sentence for people: `scale deployment/web in shop from 2 to 3 replicas`. */
  readonly summary: string;
  /** Sent in this order. Empty when the cluster already is as asked. */
  readonly requests: readonly PlannedRequest[];
  /** What must hold afterwards; all of them. */
  readonly checks: readonly Check[];
  readonly undo: Undo;
  /** Locked while requests are sent and verified; by root owner, so that a pod's restart excludes its Deployment's. */
  readonly locks: readonly ObjectRef[];
  /** What people should know: which way a fallback went, what undo does not bring back. Nothing acts on them, and the hash leaves them out. */
  readonly notes: readonly string[];
  /** Files to be read from the cluster. The step reads them itself, so such a plan has no requests and needs no Job. */
  readonly collects?: readonly CollectItem[];
  /** The Secret whose values requests, checks and undo refer to. */
  readonly secret?: SecretVersion;
  /** Part of the plan, so that its hash covers them: who approves a plan approves its undo too. */
  readonly settings: ExecutionSettings;
}

/** Stands in the plan for the values before, which nobody outside the cluster sees. */
export interface SecretVersion {
  readonly object: ResourcePath;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** A plan writes either in one namespace or to cluster-scoped objects (and what its action is bound to clusterwide). */
export type Scope = { readonly kind: 'namespace'; readonly namespace: string } | { readonly kind: 'cluster' };

export interface PlannedRequest {
  readonly summary: string;
  readonly verb: Verb;
  readonly path: ResourcePath;
  /** For patches alone. */
  readonly patchType?: PatchType;
  /** JSON; for `delete` and `evict` the DeleteOptions without `dryRun`. */
  readonly body: unknown;
  /** What this request is expected to have done; the verdict of an unanswered request is read off it. */
  readonly effect: Effect;
  /** Whether a dry run can show it. `cannot`: its kind is there, but not served yet. */
  readonly rehearsal: Rehearsal;
  /** True where a second send does no harm: preconditions or a fixed name make it fail or change nothing. */
  readonly resendable: boolean;
  /** Sent at the same time as its neighbours that say so too; none of them needs another. */
  readonly together?: true;
  /** A refusal for the time being, above all by a disruption budget (429), is waited out, until the verification's time is over. */
  readonly waitsForBudget?: true;
  /** Sent once all of these hold, since it needs what they are about: a kind that is served. */
  readonly awaits?: readonly Check[];
  /** Of server-side apply: takes the fields over from the managers that own them. */
  readonly force?: true;
}

export type Verb = 'create' | 'patch' | 'delete' | 'evict';
export type PatchType = 'json' | 'apply';
export type Rehearsal = 'yes' | 'cannot' | { readonly dependsOn: number };

export type Effect =
  | { readonly kind: 'fields'; readonly object: ResourcePath; readonly fields: readonly FieldChange[] }
  | {
      readonly kind: 'created';
      readonly object: ResourcePath;
      /** Not in a plan: the executor adds when it began. What is older, by the API server's clock, is not its own. */
      readonly since?: string;
    }
  | { readonly kind: 'gone'; readonly object: ResourcePath; readonly uid: string };

/**
 * `pointer` is an RFC 6901 JSON pointer; an absent `before` or `after` means the field is not there. In the fields of an
 * effect, either may leave values to the server, as `server-choice.ts` says.
 */
export interface FieldChange {
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export type Undo =
  | {
      readonly kind: 'requests';
      readonly requests: readonly UndoRequest[];
      readonly checks: readonly UndoCheck[];
      /** What it does not bring back, as a sentence without its full stop: `evicted pods stay where they are now`. */
      readonly leaves?: string;
    }
  | { readonly kind: 'irreversible'; readonly reason: string };

/** Sent only where the request it undoes was applied, or may have been. In the order of the list. */
export interface UndoRequest extends PlannedRequest {
  /** Index in `Plan.requests`. */
  readonly undoes: number;
  /** It deletes what that request created: by the uid that the answer to the creation has given. */
  readonly ofCreated?: true;
  /** Those after it need nothing of it: they are sent also where it is refused. */
  readonly independent?: true;
}

/** Verified after an undo; with `of`, only where that request of the plan was undone. */
export type UndoCheck = Check & {
  readonly of?: number;
  /** Whether it held when the plan was made; one that did not can't be asked of the undo. Not covered by the hash: it may change with every moment. */
  readonly heldBefore?: boolean;
};

/** One thing to verify, as data, so that a plan carries its own proof. Judged in `src/verify/`. */
export type Check =
  | FieldsEqual
  | ReplicasAvailable
  | RolloutComplete
  | PodReplaced
  | NodeDrained
  | ObjectExists
  | ObjectGone
  | ConditionTrue;

export interface FieldsEqual {
  readonly kind: 'fields-equal';
  readonly object: ResourcePath;
  /** Held against `after`. */
  readonly fields: readonly FieldChange[];
}

/** The workload has exactly `replicas` pods, all of them available. */
export interface ReplicasAvailable {
  readonly kind: 'replicas-available';
  readonly object: ResourcePath;
  readonly podSelector: string;
  readonly replicas: number;
}

/** What `kubectl rollout status` waits for; deployments, statefulsets and daemonsets of apps/v1. */
export interface RolloutComplete {
  readonly kind: 'rollout-complete';
  readonly object: ResourcePath;
  readonly podSelector: string;
  /** Of the pod template as it was written, held against `after`: the rollout of another one is not what was asked for. */
  readonly written?: readonly FieldChange[];
}

/** The pod `uid` is gone and its controller has a Ready pod that is none of `siblings`. */
export interface PodReplaced {
  readonly kind: 'pod-replaced';
  readonly namespace: string;
  readonly podName: string;
  readonly uid: string;
  readonly controllerUid: string;
  readonly podSelector: string;
  /** uids of the controller's other pods at plan time: a replacement is none of them. */
  readonly siblings: readonly string[];
}

/** None of these pods is on the node any more; what came meanwhile is told. */
export interface NodeDrained {
  readonly kind: 'node-drained';
  readonly node: string;
  readonly uids: readonly string[];
}

export interface ObjectExists {
  readonly kind: 'object-exists';
  readonly object: ResourcePath;
}

/** No object of this name is there, or with `uid` none but another one. */
export interface ObjectGone {
  readonly kind: 'object-gone';
  readonly object: ResourcePath;
  readonly uid?: string;
}

/** `status.conditions` has the condition as True. */
export interface ConditionTrue {
  readonly kind: 'condition-true';
  readonly object: ResourcePath;
  readonly condition: string;
}

/** A file of the artifact and what of the cluster is in it. */
export interface CollectItem {
  /** Below the artifact's folder, with `/` on every system. */
  readonly file: string;
  readonly content: LogContent | ObjectContent | EventsContent | OverviewContent;
}

/** The log of one container up to the moment it is read, byte for byte. */
export interface LogContent {
  readonly kind: 'log';
  readonly path: ResourcePath;
  /** Of the pod: a log request takes no precondition, so it is held against the pod afterwards. */
  readonly uid: string;
  readonly container: string;
  /** Of the container that ran before the present one. */
  readonly previous: boolean;
  /** As the API server takes them: `sinceSeconds`, `tailLines`, `timestamps`. */
  readonly query: Readonly<Record<string, string>>;
  /** What lies beyond is left out, and the file is reported as cut. */
  readonly limitBytes: number;
}

/** As YAML, without values of environment variables and whatever else may be secret. */
export interface ObjectContent extends CollectedObject {
  readonly kind: 'object';
}

/** Of these objects, as a table with the newest last. */
export interface EventsContent {
  readonly kind: 'events';
  readonly namespace: string;
  readonly objects: readonly CollectedObject[];
}

/** Conditions, restarts and warnings of these objects, as Markdown. */
export interface OverviewContent {
  readonly kind: 'overview';
  readonly namespace: string;
  readonly objects: readonly CollectedObject[];
}

export interface CollectedObject {
  readonly path: ResourcePath;
  readonly uid: string;
}

/** What travels to the executor in the Job's Secret. The hash in the Job's arguments covers `plan` alone. */
export interface Envelope {
  readonly executionId: string;
  readonly plan: Plan;
  /** Where the plan refers to some: those asked for, and in the record of an undo those that were there before. */
  readonly values?: SecretValues;
}

export interface ExecutionSettings {
  readonly onFailure: 'rollback' | 'keep';
  readonly onLocked: 'fail' | 'wait' | 'skip';
  readonly lockTimeoutSeconds: number;
  readonly verifyTimeoutSeconds: number;
  /** The pod's own deadline: a stop after that long is a timeout, an earlier one a cancellation. */
  readonly runTimeoutSeconds: number;
  /** A pod that starts later after its creation carries out nothing: nobody waits for it any more. */
  readonly scheduleTimeoutSeconds: number;
  /** How long the checks must go on holding after they first held. */
  readonly soakSeconds: number;
}
