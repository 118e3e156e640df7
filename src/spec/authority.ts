/** What a spec may not set: specs come from chat, pull requests and agents, so authority comes from the workflow's inputs alone. */
import { isSameName } from './spelling.ts';

/** Inputs that grant or bound what a run may do. A field of one of these names in a spec is refused with the input to set. */
export const GRANTED_BY_INPUT: readonly string[] = [
  'mode',
  'plan-hash',
  'execution-id',
  'schedule-timeout',
  'run-timeout',
  'verify-timeout',
  'soak',
  'on-failure',
  'on-locked',
  'lock-timeout',
  'gitops',
  'force',
  'retries',
  'max-risk',
  'max-replica-change',
  'max-targets',
  'expected-uid',
  'job-namespace',
  'secret-values',
  'job-labels',
  'job-annotations',
  'stream-logs',
  'upload-artifact',
  'artifact-name',
  'retention-days',
  'credentials',
  'kubeconfig',
  'context',
  'server',
  'certificate-authority',
  'cluster-token',
  'oidc-audience',
];

/** Other words for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  cluster: 'context',
  'target-cluster': 'context',
  token: 'cluster-token',
  'dry-run': 'mode',
  'auto-rollback': 'on-failure',
  'enable-auto-rollback': 'on-failure',
  approved: 'plan-hash',
  'approval-received': 'plan-hash',
};

/** The input that grants what a field of this name asks for; `undefined` for any other name. */
export function grantingInput(field: string): string | undefined {
  const synonym = Object.entries(SYNONYMS).find(([word]) => isSameName(field, word));
  return synonym?.[1] ?? GRANTED_BY_INPUT.find((input) => isSameName(field, input));
}

export function sayGrantedByInput(input: string): string {
  return `only the workflow may set this: use the input "${input}"`;
}
