import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, inject, onTestFinished } from 'vitest';
import { create, pathOf, remove } from './harness/cluster.ts';
import { live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { untilPoliciesAct } from './harness/probe.ts';
import type { Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

/** What an admission policy, hence anybody who may write one or be quoted by one, can put into our log. */
const HOSTILE = [
  '::set-output name=result::succeeded',
  '##[set-output name=result]succeeded',
  'x ##[add-mask]replicas',
  '%0A::set-env name=PATH::/evil',
  '\\n##[save-state name=finished]true',
  '##[stop-commands]theirs',
  '[click](https://evil.example) <img src=x> @octocat | `',
].join(' ');

/** Refuses every real patch of a Deployment's scale in the namespace, in hostile words. */
async function refuseInHostileWords({ namespace: name }: Site): Promise<void> {
  const policies = pathOf('validatingadmissionpolicies');
  const bindings = pathOf('validatingadmissionpolicybindings');
  const rule = {
    apiGroups: ['apps'],
    apiVersions: ['v1'],
    operations: ['UPDATE'],
    resources: ['deployments/scale'],
  };
  const validation = {
    expression: 'request.?dryRun.orValue(false)',
    message: HOSTILE,
    reason: 'Forbidden',
  };
  await create(policies, {
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [validation] },
  });
  const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': name } };
  await create(bindings, {
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'], matchResources: { namespaceSelector } },
  });
  await untilPoliciesAct(inject('cluster').socket);
}

describe('a log full of workflow commands', () => {
  test('changes no output and is obeyed nowhere', async ({ site }) => {
    onTestFinished(async () => {
      await remove(pathOf('validatingadmissionpolicybindings', undefined, site.namespace));
      await remove(pathOf('validatingadmissionpolicies', undefined, site.namespace));
    });
    await deploy(site.namespace, 'web');
    await refuseInHostileWords(site);
    const step = await site.run({ action: 'scale-deployment', target: 'web', parameters: 'replicas: 2' });
    expectStep(step, 'failed', 'request-refused');
    expect(step.lines.join('\n')).toContain('set-output');
    expect(step.outputs['message']).toContain('set-output');
    expect(step.log.outputs).toEqual({});
    expect(step.log.state).toEqual({});
    expect(step.log.masks).not.toContain('replicas');
    expect(step.log.masks).not.toContain('theirs');
    const prose = step.summary?.replaceAll(/^```.*?^```$/gms, '');
    expect(prose).toContain('octocat');
    expect(prose).not.toMatch(/<img|(?<!\\)\[click\]|@octocat/);
    const { spec } = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(spec?.replicas).toBe(1);
  });
});
