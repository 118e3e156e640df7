import type { Action } from './action.ts';
import { type ManifestParameters, manifestParameters, NAMESPACE } from './manifest-places.ts';
import { needsOfApply, planApply, readsOfApply } from './plan-apply.ts';
import { READ_AUTOSCALERS, READ_NAMESPACE } from './workloads.ts';

export const applyManifest: Action<ManifestParameters> = {
  name: 'apply-manifest',
  aliases: ['apply'],
  summary:
    'Applies objects of any kind in one namespace, server-side: creates what is not there, changes what is, leaves the rest alone. Refused where another field manager owns a field, unless the input `force` is set. Its undo deletes what it created and puts back what it changed. Secrets, ServiceAccounts, RBAC and admission are refused; Namespaces, CustomResourceDefinitions and several namespaces are for `apply-cluster-manifest`.',
  kinds: [NAMESPACE],
  parameters: manifestParameters,
  permissions: [...READ_NAMESPACE, READ_AUTOSCALERS],
  writableFields: [],
  scope: 'namespace',
  takesManifest: 'apply',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: 300,
  reads: readsOfApply,
  needs: needsOfApply,
  plan: planApply,
};
