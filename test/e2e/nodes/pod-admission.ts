/** What other people's admission does to the pods of executions: they are altered, refused, or a webhook is away. */
import { onTestFinished } from 'vitest';
import { create, pathOf, type Resource, remove } from '../harness/cluster.ts';
import { EXECUTOR_NAMESPACE } from '../harness/site.ts';
import { type Answer, untilPodAnswered, untilPodRefused } from '../harness/until-pod.ts';

const PODS = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const MARK = 'altered-by';

/** Of which there are none but the probe: they tell when something has been taken up. */
const PROBED = { namespace: 'default' };
const NAMESPACES = [EXECUTOR_NAMESPACE, PROBED.namespace];
const isTaken = ({ status }: Answer): boolean => status < 300;

/** Refuses every pod of the executor's namespace until the test is over. */
export async function refusePods(message: string): Promise<void> {
  const name = 'refuse-pods';
  onTestFinished(() => untilPodAnswered(PROBED, 'taken again', isTaken));
  await createAll(
    [
      'validatingadmissionpolicies',
      policyOf(name, NAMESPACES, { validations: [{ expression: 'false', message }] }),
    ],
    [
      'validatingadmissionpolicybindings',
      { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } },
    ],
  );
  await untilPodRefused(PROBED.namespace, message);
}

/** Every pod of the executor's namespace gets these fields until the test is over: by their JSON pointers, in CEL. */
export async function alterPods(fields: Readonly<Record<string, string>>): Promise<void> {
  const name = `alter-pods-${crypto.randomUUID().slice(0, 8)}`;
  const operations = Object.entries({ [`/metadata/annotations/${MARK}`]: `"${name}"`, ...fields }).map(
    ([path, value]) => `JSONPatch{op: "add", path: "${path}", value: ${value}}`,
  );
  const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: `[${operations.join()}]` } }];
  const isAltered = ({ text }: Answer): boolean => text.includes(`"${name}"`);
  onTestFinished(() =>
    untilPodAnswered(PROBED, `without ${name}`, (answer) => answer.status < 300 && !isAltered(answer)),
  );
  await createAll(
    ['mutatingadmissionpolicies', policyOf(name, NAMESPACES, { mutations, reinvocationPolicy: 'Never' })],
    ['mutatingadmissionpolicybindings', { metadata: { name }, spec: { policyName: name } }],
  );
  await untilPodAnswered(PROBED, `with ${name}`, isAltered);
}

/** For pods of the executor's namespace a webhook is asked that nobody answers for. */
export async function loseWebhook(name: string): Promise<void> {
  onTestFinished(() => untilPodAnswered(PROBED, 'taken again', isTaken));
  const webhook = {
    name,
    failurePolicy: 'Fail',
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    namespaceSelector: within(NAMESPACES),
    rules: [PODS],
    clientConfig: { service: { namespace: 'default', name: 'not-there' } },
  };
  await createAll(['validatingwebhookconfigurations', { metadata: { name }, webhooks: [webhook] }]);
  await untilPodAnswered(PROBED, `asked of ${name}`, ({ text }) =>
    text.includes(`failed calling webhook \\"${name}\\"`),
  );
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
