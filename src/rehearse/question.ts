/** What a Job is asked that observes, plans and rehearses in the cluster, and what it answers. */
import type { PlanDraft, Question, Refusal } from '../catalog/action.ts';
import { hashJson } from '../plan/canonical.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { ExecutionSettings, Scope } from '../plan/plan.ts';
import type { SecretValues } from '../plan/secret-values.ts';
import type { RehearsalReport, ReviewedRight } from './report.ts';

export interface JobQuestion extends Omit<Question<unknown>, 'values' | 'selection'> {
  /** Canonical name. */
  readonly action: string;
  readonly scope: Scope;
}

/** What travels to the Job in its Secret. */
export interface QuestionEnvelope {
  readonly executionId: string;
  readonly question: JobQuestion;
  readonly values: SecretValues;
  /** Random hex digits, so that nothing can be guessed from `hashValues`. */
  readonly salt: string;
  /** Where the answer is to be carried out as well. */
  readonly settings?: ExecutionSettings;
}

export interface Answer {
  readonly permissions: readonly ReviewedRight[];
  /** The rest is absent where a permission is missing. */
  readonly draft?: PlanDraft | Refusal;
  /** The target and what else was read one by one, without anything but their metadata. */
  readonly involved?: readonly KubernetesObject[];
  /** Absent where there is none. */
  readonly namespaceObject?: KubernetesObject;
  readonly rehearsal?: RehearsalReport;
}

export function hashQuestion(question: JobQuestion): string {
  return hashJson(question);
}

/** Binds the values to the Job, whose arguments name it: whoever may create a Secret of its name can't put others there. */
export function hashValues({ values, salt }: Pick<QuestionEnvelope, 'values' | 'salt'>): string {
  return hashJson({ salt, values });
}

/** From the journal; `undefined` for what no executor of ours has written. */
export function readAnswer(text: string | undefined): Answer | undefined {
  if (text === undefined) return undefined;
  try {
    const answer: Answer = JSON.parse(text);
    return Array.isArray(answer.permissions) ? answer : undefined;
  } catch {
    return undefined;
  }
}
