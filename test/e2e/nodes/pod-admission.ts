/** What other people's admission does to the pods of executions: they are altered, refused, or a webhook is away. */
import { onTestFinished } from 'vitest';
import { askUntil } from '../harness/ask-until.ts';
import { ask, create, pathOf, type Resource, remove } from '../harness/cluster.ts';
import { untilPoliciesAct } from '../harness/probe.ts';
import { EXECUTOR_NAMESPACE } from '../harness/site.ts';
import { clusterUnderTest } from '../harness/under-test.ts';
import { BUSYBOX } from '../harness/workloads.ts';

const PODS = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const MARK = 'altered-by';

/** Refuses every pod of the executor's namespace until the test is over. */
export async function refusePods(message: string): Promise<void> {
  const name = 'refuse-pods';
  await createAll(
    [
      'validatingadmissionpolicies',
      policyOf(name, [EXECUTOR_NAMESPACE], { validations: [{ expression: 'false', message }] }),
    ],
    [
      'validatingadmissionpolicybindings',
      { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } },
    ],
  );
  await untilPoliciesAct(clusterUnderTest().socket);
}

/** Every pod of the executor's namespace gets these fields until the test is over: by their JSON pointers, in CEL. */
export async function alterPods(fields: Readonly<Record<string, string>>): Promise<void> {
  const name = `alter-pods-${crypto.randomUUID().slice(0, 8)}`;
  const operations = Object.entries({ [`/metadata/annotations/${MARK}`]: `"${name}"`, ...fields }).map(
    ([path, value]) => `JSONPatch{op: "add", path: "${path}", value: ${value}}`,
  );
  // Pods in default, of which there are none but the probe, tell when it has been taken up.
  const namespaces = [EXECUTOR_NAMESPACE, 'default'];
  const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: `[${operations.join()}]` } }];
  onTestFinished(() => untilAltered(name, false));
  await createAll(
    ['mutatingadmissionpolicies', policyOf(name, namespaces, { mutations, reinvocationPolicy: 'Never' })],
    ['mutatingadmissionpolicybindings', { metadata: { name }, spec: { policyName: name } }],
  );
  await untilAltered(name, true);
}

/** For pods of the executor's namespace a webhook is asked that nobody answers for. */
export async function loseWebhook(name: string): Promise<void> {
  const webhook = {
    name,
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    namespaceSelector: within([EXECUTOR_NAMESPACE]),
    rules: [PODS],
    clientConfig: { service: { namespace: 'default', name: 'not-there' } },
  };
  await createAll(['validatingwebhookconfigurations', { metadata: { name }, webhooks: [webhook] }]);
}

function policyOf(name: string, namespaces: readonly string[], spec: object) {
  const matchConstraints = { namespaceSelector: within(namespaces), resourceRules: [PODS] };
  return { metadata: { name }, spec: { failurePolicy: 'Fail', matchConstraints, ...spec } };
}

function within(values: readonly string[]) {
  return { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }] };
}

interface ClusterScoped {
  readonly metadata: { readonly name: string };
  readonly [member: string]: unknown;
}

/** In this order, and removed again in the other. */
async function createAll(...objects: readonly (readonly [Resource, ClusterScoped])[]): Promise<void> {
  for (const [resource, object] of objects) {
    onTestFinished(() => remove(pathOf(resource, undefined, object.metadata.name)));
    await create(pathOf(resource), object);
  }
}

async function untilAltered(name: string, isAltered: boolean): Promise<void> {
  const containers = [{ name: 'executor', image: BUSYBOX }];
  const metadata = { name, annotations: { probe: 'true' } };
  const body = { metadata, spec: { securityContext: { fsGroup: 1 }, containers } };
  const probe = `${pathOf('pods', 'default')}?dryRun=All`;
  await askUntil(async () => {
    const { status, text } = await ask('POST', probe, body);
    return status < 300 && text.includes(`"${MARK}"`) === isAltered
      ? undefined
      : `${name}: ${status} ${text}`;
  });
}
