import type { PolicyRule } from '../catalog/action.ts';
import { aggregationLabelOf } from '../plan/names.ts';

/** Adds a rule to the ClusterRole of an any-object action. Named after what it is about, so that others stay beside it. */
export function aggregatedRole(action: string, { apiGroups, resources, verbs }: PolicyRule): string {
  const about = [...resources, ...apiGroups.filter((group) => group !== '')].join('.');
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: ClusterRole',
    'metadata:',
    `  name: kubernetes-executor-${action}-${about}`,
    `  labels: {${aggregationLabelOf(action)}: "true"}`,
    'rules:',
    `- {apiGroups: ${JSON.stringify(apiGroups)}, resources: ${JSON.stringify(resources)}, verbs: ${JSON.stringify(verbs)}}`,
  ].join('\n');
}
