import type { PolicyRule } from '../catalog/action.ts';
import { aggregationLabelOf } from '../plan/names.ts';

/** Adds a rule to the ClusterRole of an any-object action. Named after what it is about, so that others stay beside it. */
export function aggregatedRole(action: string, { apiGroups, resources, verbs }: PolicyRule): string {
  const about = [...resources, ...apiGroups.filter((group) => group !== '')].join('.');
  return [
    'apiVersion: rbac.authorization.k8s.io/v1',
    'kind: ClusterRole',
    'metadata:',
    `  name: ${yamlText(`kubernetes-executor-${action}-${about}`)}`,
    `  labels: {${yamlText(aggregationLabelOf(action))}: "true"}`,
    'rules:',
    `- {apiGroups: ${yamlText(apiGroups)}, resources: ${yamlText(resources)}, verbs: ${yamlText(verbs)}}`,
  ].join('\n');
}

/**
 * For YAML that an administrator is told to apply, with texts that may come from a manifest: JSON ends no line. A namespace
 * may be called `2024` or `on`, and kubectl reads YAML 1.1.
 */
export function yamlText(value: string | readonly string[]): string {
  return JSON.stringify(value);
}
