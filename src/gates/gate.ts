/** A gate is one safety rule: a pure judgement with its reason and what would make it pass. All are asked, always. */
import type { PlanDraft, Snapshot } from '../catalog/action.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { Risk } from '../plan/risk.ts';
import type { ExecutionRequest, Mode, RunOptions } from '../spec/request.ts';

export interface GateInput {
  readonly request: ExecutionRequest;
  readonly mode: Mode;
  readonly options: RunOptions;
  readonly namespace: string;
  /** Where this installation lets no action write. */
  readonly protectedNamespaces: readonly string[];
  readonly draft: PlanDraft;
  readonly risk: Risk;
  /** The target and its owners, as far as they were read. */
  readonly involved: readonly KubernetesObject[];
  /** All that the action read, collections included. */
  readonly seen: Snapshot;
  /** `undefined` where there is none. */
  readonly namespaceObject: KubernetesObject | undefined;
  /** HorizontalPodAutoscalers of the namespace; `undefined` where they could not be listed. */
  readonly autoscalers: readonly KubernetesObject[] | undefined;
}

export interface Gate {
  /** Kebab-case, as in reports. */
  readonly name: string;
  judge(input: GateInput): GateVerdict;
}

/** What a gate said. */
export interface GateVerdict {
  /** Its name. */
  readonly gate: string;
  readonly verdict: 'pass' | 'warn' | 'refuse' | 'unknown';
  readonly reasonCode: ReasonCode;
  readonly message: string;
  /** What would make it pass. */
  readonly remedy?: string;
}

export function pass(gate: string, message: string): GateVerdict {
  return { gate, verdict: 'pass', reasonCode: 'ok', message };
}
