import type { Action } from './action.ts';
import { type ManifestParameters, manifestParameters, NAMESPACE } from './manifest-places.ts';
import { needsOfDelete, planDelete, readsOfDelete } from './plan-delete.ts';
import { READ_AUTOSCALERS, READ_NAMESPACE } from './workloads.ts';

export const deleteManifest: Action<ManifestParameters> = {
  name: 'delete-manifest',
  aliases: ['delete-resource'],
  summary:
    'Deletes the objects that a manifest names, of any kind in one namespace, in the reverse of the order in which `apply-manifest` makes them, and waits until they are gone. What is not there is noted. Its undo makes them anew from what they were. Refused for what can not be brought back so: claims and volumes, Namespaces, CustomResourceDefinitions and Secrets, and what runs as a ServiceAccount that this action may not use.',
  kinds: [NAMESPACE],
  parameters: manifestParameters,
  permissions: [...READ_NAMESPACE, READ_AUTOSCALERS],
  writableFields: [],
  scope: 'namespace',
  takesManifest: 'delete',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: 120,
  reads: readsOfDelete,
  needs: needsOfDelete,
  plan: planDelete,
};
