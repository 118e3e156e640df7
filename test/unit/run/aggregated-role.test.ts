import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { aggregatedRole } from '../../../src/run/aggregated-role.ts';

const BINDING = [
  'x',
  'rules: []',
  '---',
  'apiVersion: rbac.authorization.k8s.io/v1',
  'kind: ClusterRoleBinding',
  'metadata: {name: x}',
  'roleRef: {kind: ClusterRole, name: cluster-admin}',
].join('\n');

function documentsOf(yaml: string): readonly unknown[] {
  return [...parseAllDocuments(yaml, { version: '1.1' })].map((document): unknown => document.toJS());
}

describe('the role to add to an action', () => {
  it('holds the rule, named after what it is about', () => {
    const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get', 'patch'] };
    expect(documentsOf(aggregatedRole('apply-manifest', rule))).toEqual([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: {
          name: 'kubernetes-executor-apply-manifest-widgets.example.com',
          labels: { 'kubernetesexecution.kubernaut.io/aggregate-to-apply-manifest': 'true' },
        },
        rules: [rule],
      },
    ]);
  });

  it.each([BINDING, 'x"\n---\nkind: List', "x' #", '{a: b}', '# x', 'x: y'])(
    'is one document whatever resource and group are called: %j',
    (name) => {
      const rule = { apiGroups: [name], resources: [name], verbs: [name] };
      const documents = documentsOf(aggregatedRole('apply-manifest', rule));
      expect(documents).toHaveLength(1);
      expect(documents).toMatchObject([{ kind: 'ClusterRole', rules: [rule] }]);
    },
  );
});
