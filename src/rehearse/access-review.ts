/** What an identity may do, asked of the API server by itself. */
import type { PolicyRule } from '../catalog/action.ts';
import type { ApiServer } from '../cluster/api.ts';
import { messageOf } from '../cluster/errors.ts';
import { createObject } from '../cluster/typed.ts';
import { readPointer } from '../plan/pointer.ts';
import type { PermissionRow, ReviewedRight } from './report.ts';

export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface Review {
  readonly allowed: PermissionRow['allowed'];
  /** Empty where nothing is said. */
  readonly reason: string;
}

export async function reviewAll(api: ApiServer, rights: readonly Right[]): Promise<readonly ReviewedRight[]> {
  const answers = await Promise.all(rights.map((right) => reviewAccess(api, right)));
  return rights.map((right, index) => {
    const { allowed, reason } = answers[index] ?? { allowed: 'unknown', reason: '' };
    return { permission: describe(right), allowed, ...(reason === '' ? {} : { reason }) };
  });
}

/** A review that fails is unknown, never yes. */
export async function reviewAccess(api: ApiServer, right: Right): Promise<Review> {
  const { verb, group, resource, subresource, namespace, name } = right;
  try {
    const review = await createObject(
      api,
      { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' },
      {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, group, resource, subresource, namespace, name } },
      },
      { resendable: true },
    );
    const allowed = readPointer(review, '/status/allowed') === true;
    const problem = readPointer(review, '/status/evaluationError');
    return { allowed: allowed ? 'yes' : 'no', reason: typeof problem === 'string' ? problem : '' };
  } catch (error) {
    return { allowed: 'unknown', reason: messageOf(error) };
  }
}

/** One for each verb and resource of the rules, in that namespace or, without one, clusterwide. */
export function rightsOf(rules: readonly PolicyRule[], namespace: string | undefined): readonly Right[] {
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({
          verb,
          group,
          ...splitResource(resource),
          ...(namespace === undefined ? {} : { namespace }),
        })),
      ),
    ),
  );
}

function splitResource(resource: string): { readonly resource: string; readonly subresource?: string } {
  const [name = '', subresource] = resource.split('/');
  return subresource === undefined ? { resource: name } : { resource: name, subresource };
}

/** `patch deployments/scale.apps in shop`, as kubectl auth can-i names them. */
function describe({ verb, group, resource, subresource, namespace, name }: Right): string {
  const full = `${resource}${subresource === undefined ? '' : `/${subresource}`}${group === '' ? '' : `.${group}`}`;
  return `${verb} ${full}${name === undefined ? '' : ` "${name}"`}${namespace === undefined ? ' clusterwide' : ` in ${namespace}`}`;
}
