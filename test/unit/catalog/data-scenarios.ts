/** Changes of ConfigMaps and Secrets, with and without a restart of those who use them. */
import { updateConfigMap } from '../../../src/catalog/update-configmap.ts';
import { updateSecret } from '../../../src/catalog/update-secret.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { nameValues } from '../../../src/plan/secret-values.ts';
import { configMap, deployment, pod, secret, statefulSet } from './cluster-objects.ts';
import type { Scenario } from './scenarios.ts';

/** Its one container takes everything of the Secret and of the ConfigMap `web`. */
function using(workload: KubernetesObject): KubernetesObject {
  const envFrom = [{ secretRef: { name: 'web' } }, { configMapRef: { name: 'web' } }];
  const template = { metadata: {}, spec: { containers: [{ name: 'app', image: 'web:1', envFrom }] } };
  return { ...workload, spec: { ...(workload['spec'] as object), template } };
}

export const consumers = [using(deployment()), using(statefulSet()), pod('web-0')];

function ofConfigMap(name: string, parameters: object, ...objects: readonly KubernetesObject[]): Scenario {
  const asking = { name: 'web', parameters };
  return { name: `update-configmap ${name}`, action: updateConfigMap, asking, objects };
}

function ofSecret(
  name: string,
  values: Readonly<Record<string, string>>,
  parameters: object,
  ...objects: readonly KubernetesObject[]
): Scenario {
  const encoded = Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const asking = { name: 'web', parameters, values: nameValues('after', Object.fromEntries(encoded)) };
  return { name: `update-secret ${name}`, action: updateSecret, asking, objects };
}

const { data: _data, ...empty } = configMap('web');
const restart = { 'restart-consumers': true };

export const dataScenarios: readonly Scenario[] = [
  ofConfigMap('sets and removes', { data: { color: null, size: 'l' } }, configMap('web')),
  ofConfigMap('sets the first key', { data: { size: 'l' } }, empty),
  ofConfigMap('removes the last key', { data: { color: null } }, configMap('web')),
  ofConfigMap('that is so already', { data: { color: 'blue' }, ...restart }, configMap('web'), ...consumers),
  ofConfigMap('and restarts', { data: { color: 'red' }, ...restart }, configMap('web'), ...consumers),
  ofSecret('sets', { password: 'new' }, {}, secret('web')),
  ofSecret('sets and removes', { token: 'x' }, { remove: ['password'] }, secret('web')),
  ofSecret('sets the first key', { token: 'x' }, {}, secret('web', {})),
  ofSecret('removes the last key', {}, { remove: ['password', 'none'] }, secret('web')),
  ofSecret('that is so already', { password: 'old' }, restart, secret('web'), ...consumers),
  ofSecret('and restarts', { password: 'new' }, restart, secret('web'), ...consumers),
];
