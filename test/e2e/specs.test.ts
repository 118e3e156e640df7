import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { expectStep } from './harness/expect-step.ts';
import { makeJobFolders } from './harness/runner-environment.ts';
import { test } from './harness/test.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

describe.concurrent('a spec', () => {
  test('of version v1alpha1 runs as it was written', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const spec = `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
metadata:
  name: scale-web
spec:
  workflowExecutionRef: {name: remedy, namespace: kubernaut}
  stepNumber: 1
  action: scaleDeployment
  parameters:
    scaleDeployment:
      deployment: web
      namespace: ${site.namespace}
      replicas: 2
  timeout: 2m
`;
    expectStep(await site.run({ namespace: '', spec }), 'succeeded', 'ok');
    await untilAvailable(site.namespace, 'web', 2);
  });

  test('of version v1, from a file of the workspace, runs as it was written', async ({ site }) => {
    await deploy(site.namespace, 'web', { replicas: 2 });
    const folders = makeJobFolders();
    const spec = `apiVersion: executor.kubernaut.io/v1
kind: KubernetesExecution
metadata:
  name: scale-web
spec:
  alertRemediationRef: {name: alert, namespace: kubernaut}
  workflowExecutionRef: {name: remedy, namespace: kubernaut, stepId: "1"}
  actionDefinition:
    actionType: scale_deployment
    targetResource: {apiVersion: apps/v1, kind: Deployment, name: web, namespace: ${site.namespace}}
    parameters: {replicas: 1}
  executionConfig:
    timeout: 5m
`;
    writeFileSync(join(folders.workspace, 'spec.yaml'), spec);
    const step = await site.run({ namespace: '', 'spec-file': 'spec.yaml' }, { folders });
    expectStep(step, 'succeeded', 'ok');
    await untilAvailable(site.namespace, 'web', 1);
  });

  test('of several documents is carried out in order', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const document = (
      action: string,
      parameters: string,
    ) => `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
metadata: {name: step}
spec: {action: ${action}, parameters: {${action}: {${parameters}, namespace: ${site.namespace}}}}
`;
    const spec = [
      document('scaleDeployment', 'deployment: web, replicas: 2'),
      document('scaleDeployment', 'deployment: web, replicas: 0'),
    ].join('---\n');
    const step = await site.run({ namespace: '', spec });
    expectStep(step, 'succeeded', 'ok');
    await untilAvailable(site.namespace, 'web', 0);
    expect(step.log.shown.join('\n')).toContain('from 2 to 0');
  });
});
