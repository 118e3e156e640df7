/** Whether the API server has taken up the admission policies that were created so far. */
import { askAt } from './admin.ts';
import { askUntil } from './ask-until.ts';

const POLICIES = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies';
const BINDINGS = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings';

/**
 * Creates a policy of its own and resolves when that refuses something: policies are taken up together and in
 * order, about once a second, so all that were created before it act as well.
 */
export async function untilPoliciesAct(socket: string): Promise<void> {
  const name = `e2e-probe-${crypto.randomUUID().slice(0, 8)}`;
  await post(socket, POLICIES, policy(name));
  await post(socket, BINDINGS, {
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  try {
    await untilRefused(socket, name);
  } finally {
    await askAt(socket, { method: 'DELETE', path: `${BINDINGS}/${name}` });
    await askAt(socket, { method: 'DELETE', path: `${POLICIES}/${name}` });
  }
}

function policy(name: string) {
  const rule = {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE'],
    resources: ['configmaps'],
    resourceNames: [name],
  };
  return {
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'false', message: name }],
    },
  };
}

async function post(socket: string, path: string, body: unknown): Promise<void> {
  const { status, text } = await askAt(socket, { method: 'POST', path, body });
  if (status >= 300) throw new Error(`POST ${path}: ${status} ${text}`);
}

async function untilRefused(socket: string, name: string): Promise<void> {
  const path = '/api/v1/namespaces/default/configmaps?dryRun=All';
  await askUntil(async () => {
    const { status } = await askAt(socket, { method: 'POST', path, body: { metadata: { name } } });
    return status < 300 ? 'the API server does not take up admission policies' : undefined;
  });
}
