import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src/catalog/index.ts';
import { OBJECT, UNION, V1 } from './manifest-texts.ts';
import { refuse } from './reading.ts';

const OWNED = 'only the workflow may set this: use the input';

describe('a spec is refused', () => {
  it.each([
    [
      'with force: true',
      V1,
      'force: false',
      'force: true',
      `spec line 24, spec.actionDefinition.parameters.force: true is refused: ${OWNED} "force".`,
    ],
    [
      'with dryRun: true',
      V1,
      'dryRun: false',
      'dryRun: true',
      'spec line 23, spec.actionDefinition.parameters.dryRun: true is refused here: use the input "mode: plan" for a rehearsal alone.',
    ],
    [
      'that switches the undo off',
      V1,
      'enableAutoRollback: true',
      'enableAutoRollback: false',
      `spec line 37, spec.executionConfig.safetyConfig.rollbackConfig.enableAutoRollback: false is refused: ${OWNED} "on-failure".`,
    ],
    [
      'that names a context',
      V1,
      'spec:',
      'spec:\n  context: prod',
      `spec line 10, spec.context: ${OWNED} "context".`,
    ],
    [
      'that brings credentials',
      V1,
      '    priority: high',
      '    kubeconfig: geheim',
      `spec line 30, spec.executionConfig.kubeconfig: ${OWNED} "kubeconfig".`,
    ],
    [
      "that names the Jobs' namespace",
      UNION,
      '  stepNumber: 2',
      '  jobNamespace: kube-system',
      `spec line 6, spec.jobNamespace: ${OWNED} "job-namespace".`,
    ],
    [
      'that sets the mode',
      OBJECT,
      '  stepIndex: 0',
      '  mode: run',
      `spec line 5, spec.mode: ${OWNED} "mode".`,
    ],
    [
      'that waves GitOps through',
      OBJECT,
      'parameters: {}',
      'parameters: {gitops: warn}',
      `spec line 8, spec.action.parameters.gitops: "warn" is refused: ${OWNED} "gitops".`,
    ],
    [
      'for another cluster',
      UNION,
      'targetCluster: ""',
      'targetCluster: prod',
      `spec line 10, spec.targetCluster: ${OWNED} "context".`,
    ],
    [
      'that approves itself',
      UNION,
      'approvalReceived: false',
      'approvalReceived: true',
      'spec line 13, spec.approvalReceived: true is refused: an approved plan is run with the inputs "mode: apply" and "plan-hash".',
    ],
    [
      'with a condition that would be passed over',
      UNION,
      'required: false',
      'required: true',
      'spec line 14, spec.preConditions[0].required: true is refused: Rego conditions are not evaluated by this version, so a required one would be passed over unseen; set "required: false" or remove it.',
    ],
    [
      'with a field that nobody knows',
      V1,
      '      namespace: shop',
      '      namspace: shop',
      'spec line 18, spec.actionDefinition.targetResource.namspace: "namspace" is not known here; expected apiVersion, kind, namespace, name, labels, fieldSelectors. Did you mean "namespace"?',
    ],
    [
      'with a wrong duration',
      V1,
      'timeout: 4m',
      'timeout: 4 minutes',
      'spec line 29, spec.executionConfig.timeout: "4 minutes" is not a duration such as 90s, 5m or 1h30m.',
    ],
    [
      'with a value from no list',
      V1,
      'priority: high',
      'priority: urgent',
      'spec line 30, spec.executionConfig.priority: "urgent" is not one of low, normal, high, critical.',
    ],
    [
      'with too many retries',
      UNION,
      'maxRetries: 2',
      'maxRetries: 9',
      'spec line 11, spec.maxRetries: 9 is not a whole number from 0 to 5.',
    ],
    [
      'with replicas that are no number',
      UNION,
      'replicas: 3',
      'replicas: abc',
      'spec line 9, spec.parameters.scaleDeployment.replicas: "abc" is not a whole number from 0 to 1000.',
    ],
    [
      'with a number in quotes',
      UNION,
      'replicas: 3',
      'replicas: "3"',
      'spec line 9, spec.parameters.scaleDeployment.replicas: "3" is not a whole number from 0 to 1000; write it without quotes.',
    ],
    [
      'with a parameter of another action',
      V1,
      'gracePeriodSeconds: 30',
      'replicas: 3',
      'spec line 25, spec.actionDefinition.parameters.replicas: "replicas" is not a parameter of the action; expected grace-period-seconds.',
    ],
    [
      'with the member of another action',
      UNION,
      'scaleDeployment:',
      'rolloutRestart:',
      'spec line 9, spec.parameters.rolloutRestart: "rolloutRestart" is not of the action scale-deployment; expected scaleDeployment alone.',
    ],
    [
      'without a target',
      UNION,
      'deployment: web, ',
      '',
      'spec line 9, spec.parameters.scaleDeployment: names no target; expected a field deployment.',
    ],
    [
      'as an object without a target',
      OBJECT,
      '    target: {namespace: shop, resourceKind: StatefulSet, resourceName: db}\n',
      '',
      'spec line 6, spec.action.target: is missing; expected a map.',
    ],
    [
      'of v1 without a target',
      V1,
      '    targetResource:\n      apiVersion: v1\n      kind: Pod\n      namespace: shop\n      name: web-5d4f8c7b9d-x2x7k\n      labels: {app: web}\n      fieldSelectors: [status.phase=Running]\n',
      '',
      'spec line 12, spec.actionDefinition.targetResource: is missing; expected a map.',
    ],
    [
      'with a name that is no text',
      UNION,
      'deployment: web',
      'deployment: 7',
      'spec line 9, spec.parameters.scaleDeployment.deployment: 7 is not text.',
    ],
    [
      'with a namespace with a slash',
      OBJECT,
      'namespace: shop',
      'namespace: a/b',
      'spec line 9, spec.action.target.namespace: "a/b" is not a DNS label: at most 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit.',
    ],
    [
      'for a kind that the action does not take',
      OBJECT,
      'StatefulSet',
      'CronJob',
      'spec line 9, spec.action.target.resourceKind: "CronJob" is not a kind that rollout-restart acts on; expected deployment, statefulset, daemonset.',
    ],
    [
      'with another apiVersion of the kind',
      V1,
      'apiVersion: v1\n',
      'apiVersion: v2\n',
      'spec line 16, spec.actionDefinition.targetResource.apiVersion: "v2" is not the apiVersion of Pod; expected v1.',
    ],
    [
      'with an unknown action',
      OBJECT,
      'RolloutRestart',
      'RolloutRestrat',
      `spec line 7, spec.action.type: "RolloutRestrat" is not an action; there are ${catalog.map(({ name }) => name).join(', ')}. Did you mean "rollout-restart"?`,
    ],
    [
      'of another version',
      OBJECT,
      'v1alpha1',
      'v1alpha2',
      'spec line 1, apiVersion: "kubernetesexecution.kubernaut.io/v1alpha2" is not kubernetesexecution.kubernaut.io/v1alpha1 or executor.kubernaut.io/v1. Did you mean "kubernetesexecution.kubernaut.io/v1alpha1"?',
    ],
    [
      'of another kind',
      OBJECT,
      'KubernetesExecution',
      'Deployment',
      'spec line 2, kind: "Deployment" is not "KubernetesExecution".',
    ],
  ])('%s', (...[, manifest, from, to, expected]) => {
    expect(manifest).toContain(from);
    expect(refuse({ spec: manifest.replace(from, to) })).toContain(expected);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'short form',
      { action: 'update-configmap', target: 'configmap/a', parameters: 'data:\n  __proto__: x\n  b: y' },
      'input parameters line 2, data.__proto__',
    ],
    [
      'manifest',
      {
        spec: OBJECT.replace('RolloutRestart', 'UpdateConfigmap')
          .replace('StatefulSet', 'ConfigMap')
          .replace('{}', '{data: {__proto__: x, b: y}}'),
      },
      'spec line 8, spec.action.parameters.data.__proto__',
    ],
  ])('with a key that would be lost, in a %s', (_form, inputs, where) => {
    expect(refuse(inputs)).toEqual([`${where}: the key __proto__ can't be kept; use another.`]);
  });

  it.each([
    [OBJECT, 'resourceName: db', 'resourceName: 7', '7 is not text'],
    [OBJECT, '{namespace: shop, resourceKind: StatefulSet, resourceName: db}', '3', '3 is not a map'],
    [V1, 'name: web-5d4f8c7b9d-x2x7k\n      labels: {app: web}', 'name: 7', '7 is not text'],
  ])('in one line where the target is wrong', (manifest, from, to, expected) => {
    expect(manifest).toContain(from);
    expect(refuse({ spec: manifest.replace(from, to) })).toEqual([expect.stringContaining(expected)]);
  });

  it('that is no manifest at all', () => {
    expect(refuse({ spec: 'scale it' })).toEqual([
      'spec line 1: "scale it" is not a KubernetesExecution manifest.',
    ]);
    expect(refuse({ spec: 'apiVersion: v1' })[0]).toContain(
      '"v1" is not kubernetesexecution.kubernaut.io/v1alpha1',
    );
    expect(refuse({ spec: '{}' })[0]).toContain('apiVersion is missing');
    expect(refuse({ spec: OBJECT.slice(0, OBJECT.indexOf('spec:')) })).toEqual([
      'spec line 1, spec: is missing; expected a map.',
    ]);
  });

  it('with all problems of all documents at once', () => {
    const first = V1.replace('4m', 'soon').replace('gracePeriodSeconds: 30', 'gracePeriodSeconds: 900');
    const second = UNION.replace('namespace: shop', 'namespace: Shop').replace('replicas: 3', 'replicas: -1');
    const problems = refuse({ spec: `${first}---\n${second}`, timeout: 'soon' });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'input timeout',
      'spec line 29, spec.executionConfig.timeout',
      'spec line 25, spec.actionDefinition.parameters.gracePeriodSeconds',
      expect.stringMatching(/^spec line 6\d, spec\.parameters\.scaleDeployment\.namespace$/),
      expect.stringMatching(/^spec line 6\d, spec\.parameters\.scaleDeployment\.replicas$/),
    ]);
  });

  it('rather than crash, whatever it says', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(anything, fc.nat(), (text, at) => {
        const where = at % UNION.length;
        for (const spec of [text, UNION.slice(0, where) + text + UNION.slice(where)]) {
          expect(Array.isArray(refuse({ spec }))).toBe(true);
        }
      }),
    );
  });
});
