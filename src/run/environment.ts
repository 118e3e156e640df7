import type { RunRecord } from './record.ts';

const ENVIRONMENT_LABELS = ['kubernaut.io/environment', 'environment'] as const;

/**
 * The environment an execution touches: the namespace's label `kubernaut.io/environment`, else its label
 * `environment`, else the namespace's own name; `cluster` for what lies in no namespace. Never empty, since an empty
 * `environment:` in a workflow runs ungated.
 */
export function environmentOf(
  namespace: string,
  namespaceLabels: Readonly<Record<string, string>> = {},
): string {
  const labelled = ENVIRONMENT_LABELS.map((label) => namespaceLabels[label]).find(Boolean);
  return labelled ?? (namespace === '' ? 'cluster' : namespace);
}

/** Where nobody has read the namespace it may have labels: its name is then not what the environment is called. */
export function environmentIn({ environment, request }: Pick<RunRecord, 'environment' | 'request'>): string {
  return environment ?? (request.action.scope === 'cluster' ? 'cluster' : 'unknown');
}
