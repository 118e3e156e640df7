/** By what an object shows that a tool keeps it, and would write it again. */

/** Labels or annotations; Flux 2 uses the former, Argo CD 3 the latter. */
export const GITOPS_MARKS: readonly { readonly tool: string; readonly keys: readonly string[] }[] = [
  {
    tool: 'Argo CD',
    keys: ['argocd.argoproj.io/tracking-id', 'argocd.argoproj.io/instance', 'argocd.argoproj.io/managed'],
  },
  {
    tool: 'Flux',
    keys: [
      'kustomize.toolkit.fluxcd.io/name',
      'helm.toolkit.fluxcd.io/name',
      'fluxcd.io/sync-gc-mark',
      'fluxcd.io/sync-status',
      'fluxcd.io/sync-checksum',
    ],
  },
];

export const HELM = {
  /** Its value is `Helm`. */
  label: 'app.kubernetes.io/managed-by',
  releaseAnnotation: 'meta.helm.sh/release-name',
} as const;

/** All that can tell an owner; what else is in annotations may be a whole copy of the object, as `kubectl apply` and kapp keep it. */
export const OWNER_ANNOTATIONS: ReadonlySet<string> = new Set([
  ...GITOPS_MARKS.flatMap(({ keys }) => keys),
  HELM.releaseAnnotation,
]);
