import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectStep } from './harness/expect-step.ts';
import { type Inputs, startStep } from './harness/run-action.ts';
import { type JobFolders, makeJobFolders } from './harness/runner-environment.ts';

/** A cluster that nobody serves: whoever contacts it fails otherwise than these tests expect. */
const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'none', user: { token: 'a-token-of-nobody' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  'current-context': 'none',
});

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };

/** What the step says about inputs that it must refuse before it contacts a cluster. */
async function refusal(inputs: Inputs, folders: JobFolders = makeJobFolders()): Promise<string> {
  const step = await startStep({ kubeconfig: KUBECONFIG, ...inputs }, { folders }).finished;
  expectStep(step, 'refused', 'input-invalid');
  return step.outputs['message'] ?? '';
}

function workspaceWith(files: Readonly<Record<string, string>>): JobFolders {
  const folders = makeJobFolders();
  for (const [path, text] of Object.entries(files)) {
    const file = join(folders.workspace, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folders;
}

const MANIFEST = `apiVersion: kubernetesexecution.kubernaut.io/v1alpha1
kind: KubernetesExecution
metadata: {name: scale-web}
spec:
  action: scaleDeployment
  parameters:
    scaleDeployment: {deployment: web, namespace: shop, replicas: 2}
`;

describe.concurrent('bad input', () => {
  test('is listed whole, before a cluster is contacted', async () => {
    const message = await refusal({
      action: 'scale-deploymnt',
      target: 'deployment/web',
      namespace: 'shop/../kube-system',
      parameters: 'replicas: abc',
      'verify-timout': '5m',
      timeout: 'soon',
      force: 'maybe',
    });
    for (const part of ['scale-deploymnt', 'shop/../kube-system', 'verify-timout', 'soon', 'maybe'])
      expect(message).toContain(part);
    expect(message).toContain('scale-deployment');
    expect(message).toContain('verify-timeout');
  });

  test.each([
    ['replicas: abc', 'abc'],
    ['replicas: -1', '-1'],
    ['replicas: 2.5', '2.5'],
    ['replica: 2', 'replicas'],
    ['replicas: 2\nreplicas-increment: 1', 'exactly one'],
  ])('parameters %j', async (parameters, expected) => {
    expect(await refusal({ ...scale, parameters })).toContain(expected);
  });

  test('of a spec names its line and the nearest word', async () => {
    const message = await refusal({ spec: MANIFEST.replace('replicas: 2', 'replcas: 2') });
    expect(message).toMatch(/line 7/);
    expect(message).toContain('replicas');
  });

  test('an unknown action is never mapped to another', async () => {
    expect(await refusal({ ...scale, action: 'make-it-work' })).toContain('make-it-work');
  });

  test('a spec may not grant what inputs alone may', async () => {
    const spec = `apiVersion: executor.kubernaut.io/v1
kind: KubernetesExecution
metadata: {name: scale-web}
spec:
  alertRemediationRef: {name: a, namespace: b}
  workflowExecutionRef: {name: a, namespace: b, stepId: c}
  actionDefinition:
    actionType: scale_deployment
    targetResource: {apiVersion: apps/v1, kind: Deployment, name: web, namespace: shop}
    parameters: {replicas: 2, force: true}
  executionConfig:
    safetyConfig: {rollbackConfig: {enableAutoRollback: false}}
`;
    const message = await refusal({ spec });
    expect(message).toContain('force');
    expect(message).toContain('on-failure');
  });

  test('a spec file outside the workspace, also by a symlink', async () => {
    const folders = workspaceWith({ 'readme.md': '' });
    writeFileSync(join(folders.temp, 'spec.yaml'), MANIFEST);
    symlinkSync(join(folders.temp, 'spec.yaml'), join(folders.workspace, 'link.yaml'));
    expect(await refusal({ 'spec-file': '../temp/spec.yaml' }, folders)).toContain('workspace');
    expect(await refusal({ 'spec-file': 'link.yaml' }, folders)).toContain('workspace');
  });

  test('aliases that explode', async () => {
    const levels = Array.from({ length: 30 }, (_, n) => `l${n + 1}: &l${n + 1} [*l${n}, *l${n}]`);
    const spec = ['l0: &l0 [x, x]', ...levels].join('\n');
    expect(await refusal({ spec })).toMatch(/alias/i);
  });

  test('two megabytes of spec', async () => {
    const folders = workspaceWith({ 'big.yaml': `${MANIFEST}# ${'x'.repeat(2 * 1024 * 1024)}\n` });
    expect(await refusal({ 'spec-file': 'big.yaml' }, folders)).toContain('100 KiB');
  });
});

describe.concurrent('missing credentials', () => {
  test('as on a fork, where secrets are empty, are named', async () => {
    const step = await startStep({ ...scale, kubeconfig: '' }).finished;
    expectStep(step, 'refused', 'credentials-missing');
    expect(step.outputs['message']).toMatch(/fork/i);
  });

  test('two kinds at once are refused', async () => {
    const message = await refusal({
      ...scale,
      server: 'https://127.0.0.1:1',
      'cluster-token': 'another-token',
    });
    expect(message).toContain('kubeconfig');
    expect(message).toContain('cluster-token');
  });
});

describe.concurrent('a cluster that does not answer', () => {
  test('is named', async () => {
    const step = await startStep({ ...scale, kubeconfig: KUBECONFIG, timeout: '60s' }).finished;
    expectStep(step, 'failed', 'cluster-unreachable');
    expect(step.outputs['message']).toContain('127.0.0.1:1');
  });
});
