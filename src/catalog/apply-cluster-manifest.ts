import type { Action } from './action.ts';
import { applyManifest } from './apply-manifest.ts';
import { CLUSTER, type ManifestParameters } from './manifest-places.ts';
import { READ_AUTOSCALERS } from './workloads.ts';

export const applyClusterManifest: Action<ManifestParameters> = {
  ...applyManifest,
  name: 'apply-cluster-manifest',
  aliases: [],
  summary:
    'As `apply-manifest`, for objects of the whole cluster and of several namespaces: a Namespace before its content, a CustomResourceDefinition before its objects. Needs the right to ask for it clusterwide. What needs another object of the manifest can not be rehearsed, which the plan says.',
  kinds: [CLUSTER],
  permissions: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }, READ_AUTOSCALERS],
  scope: 'cluster',
};
