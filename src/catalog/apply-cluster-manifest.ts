import type { Action } from './action.ts';
import { CLUSTER, type ManifestParameters, manifestParameters } from './manifest-places.ts';
import { needsOfApply, planApply, readsOfApply } from './plan-apply.ts';
import { READ_AUTOSCALERS } from './workloads.ts';

export const applyClusterManifest: Action<ManifestParameters> = {
  name: 'apply-cluster-manifest',
  aliases: [],
  summary:
    'As `apply-manifest`, for objects of the whole cluster and of several namespaces: a Namespace before its content, a CustomResourceDefinition before its objects. Needs the right to ask for it clusterwide. What needs another object of the manifest can not be rehearsed, which the plan says.',
  kinds: [CLUSTER],
  parameters: manifestParameters,
  permissions: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }, READ_AUTOSCALERS],
  writableFields: [],
  scope: 'cluster',
  takesManifest: 'apply',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: 300,
  reads: readsOfApply,
  needs: needsOfApply,
  plan: planApply,
};
