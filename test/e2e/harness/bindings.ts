/**
 * Who may do what. The authorizer hears of roles and bindings through watches of its own, so that under load it trails
 * the answer that created them, by up to seconds; whoever grants or takes back here has been waited for.
 */
import { isDeepStrictEqual } from 'node:util';
import type { RbacV1Subject, V1PolicyRule, V1RoleRef } from '@kubernetes/client-node';
import { askAt } from './admin.ts';
import { askUntil } from './ask-until.ts';
import { create, pathOf, read, remove } from './cluster.ts';
import { clusterUnderTest } from './under-test.ts';

export interface Binding {
  readonly metadata: { readonly name: string };
  readonly roleRef: Omit<V1RoleRef, 'apiGroup'> & { readonly apiGroup?: string };
  readonly subjects?: readonly RbacV1Subject[];
}

interface Role {
  readonly rules?: readonly V1PolicyRule[];
}

/** Creates a RoleBinding, or a ClusterRoleBinding where there is no namespace. */
export async function bind(namespace: string | undefined, binding: Binding): Promise<void> {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', ...binding.roleRef };
  await create(collectionIn(namespace), { ...binding, roleRef });
  await untilHeld(namespace, binding, (held) => held.every(Boolean));
}

/** Takes it back, if it is there. For rules that its subjects hold by no other binding; else it waits in vain. */
export async function unbind(namespace: string | undefined, name: string): Promise<void> {
  const path = `${collectionIn(namespace)}/${name}`;
  const binding = await read<Binding>(path);
  if (binding === undefined) return;
  await remove(path);
  await untilHeld(namespace, binding, (held) => !held.every(Boolean));
}

/** Resolves when the authorizer knows these rules as the user's; they may be in any order, among others. */
export async function untilAllowed(
  user: string,
  namespace: string | undefined,
  rules: readonly V1PolicyRule[],
): Promise<void> {
  await untilKnown(user, namespace, (known) => rules.every((rule) => holds(known, rule)));
}

function collectionIn(namespace: string | undefined): string {
  return namespace === undefined ? pathOf('clusterrolebindings') : pathOf('rolebindings', namespace);
}

async function untilHeld(
  namespace: string | undefined,
  { roleRef, subjects = [] }: Binding,
  judge: (held: readonly boolean[]) => boolean,
): Promise<void> {
  await Promise.all(
    subjects.map(async (subject) => {
      const user = `system:serviceaccount:${subject.namespace}:${subject.name}`;
      await untilKnown(user, namespace, async (known) => {
        // Read anew: other tests may add to an aggregated role meanwhile, and take away from it.
        const rules = await rulesOf(namespace, roleRef);
        return rules.length === 0 || judge(rules.map((rule) => holds(known, rule)));
      });
    }),
  );
}

async function rulesOf(
  namespace: string | undefined,
  { kind, name }: Binding['roleRef'],
): Promise<readonly V1PolicyRule[]> {
  const path = kind === 'Role' ? pathOf('roles', namespace, name) : pathOf('clusterroles', undefined, name);
  const role = await read<Role>(path);
  // A rule without resources speaks of URLs, which the review lists apart.
  return (role?.rules ?? []).filter(({ resources }) => resources !== undefined);
}

function holds(known: readonly V1PolicyRule[], rule: V1PolicyRule): boolean {
  return known.some((one) => isDeepStrictEqual(one, rule));
}

async function untilKnown(
  user: string,
  namespace: string | undefined,
  judge: (known: readonly V1PolicyRule[]) => boolean | Promise<boolean>,
): Promise<void> {
  await askUntil(async () => {
    const answer = await askAt(clusterUnderTest().socket, {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
      body: { spec: { namespace: namespace ?? 'default' } },
      headers: { 'Impersonate-User': user },
    });
    if (answer.status !== 201) throw new Error(`the rules of ${user}: ${answer.status} ${answer.text}`);
    const { status } = JSON.parse(answer.text) as { status: { resourceRules: readonly V1PolicyRule[] } };
    if (await judge(status.resourceRules)) return undefined;
    return `the authorizer did not hear of a binding of ${user}: ${answer.text}`;
  });
}
