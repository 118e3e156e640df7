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
