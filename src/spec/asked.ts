/** What inputs or one manifest ask for: its shape is checked, its meaning (which action, which kind) is not yet. */
import type { Locate, Problem } from './problems.ts';

/** A text and where it stands. */
export interface Said {
  readonly text: string;
  readonly where: string;
}

export interface Asked {
  readonly action: Said;
  /** Absent where the parameters name the target: `parameters.scaleDeployment.deployment`. */
  readonly target?: AskedTarget;
  /** In place of a target. */
  readonly selection?: AskedSelection;
  /** Where a manifest has a place for the target, and neither of them in it. */
  readonly unnamed?: AskedUnnamed;
  readonly namespace?: Said;
  readonly parameters: AskedParameters;
  readonly tightening: Tightening;
  readonly labels: Readonly<Record<string, string>>;
}

export interface AskedTarget {
  /** `deployments`, `Deployment`, `deployments.apps`; absent: the action's first kind. */
  readonly kind?: Said;
  readonly apiVersion?: Said;
  readonly name: Said;
}

/** All objects of the kind that have the labels. */
export interface AskedSelection extends Omit<AskedTarget, 'name'> {
  /** A label selector. */
  readonly labels: Said;
}

/** What stands in the target's place all the same. */
export interface AskedUnnamed extends Omit<AskedTarget, 'name'> {
  /** What an action that needs a target says to that; absent where it was said what is wrong there. */
  readonly problem?: Problem;
}

export interface AskedParameters {
  readonly values: Readonly<Record<string, unknown>>;
  /** Of a path inside `values`. */
  readonly locate: Locate;
  /** `members`: one map per action, of which the action's own counts, with its target inside. */
  readonly form: 'plain' | 'members';
  /** Names that the manifest has for all actions: no problem where the action knows nothing of them. */
  readonly common: readonly string[];
  /** `absent`: neither manifest-file nor the parameters gave one. `unreadable`: already reported. */
  readonly manifestFile?: 'absent' | 'unreadable';
}

/** What a spec may do to the inputs' settings: shorten, lower and forbid. */
export interface Tightening {
  readonly timeoutSeconds?: number;
  readonly verifyTimeoutSeconds?: number;
  readonly retries?: number;
  readonly requireApproval: boolean;
  readonly undoOnFailure: boolean;
}

export const NOT_TIGHTENED: Tightening = { requireApproval: false, undoOnFailure: false };
