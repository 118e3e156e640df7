import type { V1ConfigMap, V1Deployment } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { create, patch, pathOf } from './harness/cluster.ts';
import { jobsOf, live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { ACTIONS, EXECUTOR_NAMESPACE, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { untilPodRefused } from './harness/until-pod.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

const test = testWith([...ACTIONS, 'update-secret']);

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };

async function expectUntouched({ namespace }: Site): Promise<void> {
  const { spec } = await live<V1Deployment>(pathOf('deployments', namespace, 'web'));
  expect(spec?.replicas).toBe(1);
  expect(await jobsOf(namespace)).toEqual([]);
}

describe.concurrent('scaling is refused', () => {
  test('where Argo CD would change it back, unless the inputs say warn', async ({ site }) => {
    const annotations = { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' };
    await deploy(site.namespace, 'web', { annotations });
    const step = await site.run(scale);
    expectStep(step, 'refused', 'gitops-managed');
    expect(step.outputs['message']).toContain('Argo CD');
    await expectUntouched(site);
    expectStep(await site.run({ ...scale, gitops: 'warn' }), 'succeeded', 'ok');
    await untilAvailable(site.namespace, 'web', 2);
  });

  test('where an autoscaler owns the replicas', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 5 };
    await create(pathOf('horizontalpodautoscalers', site.namespace), { metadata: { name: 'web' }, spec });
    expectStep(await site.run(scale), 'refused', 'autoscaler-managed');
    await expectUntouched(site);
  });

  test('where KEDA does, who made the autoscaler', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    const owner = await create<V1ConfigMap>(pathOf('configmaps', site.namespace), {
      metadata: { name: 'load' },
    });
    const { name = '', uid = '' } = owner.metadata ?? {};
    const ownerReferences = [{ apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name, uid }];
    const metadata = { name: 'keda-hpa-load', ownerReferences };
    const spec = { scaleTargetRef, minReplicas: 1, maxReplicas: 5 };
    await create(pathOf('horizontalpodautoscalers', site.namespace), { metadata, spec });
    const step = await site.run(scale);
    expectStep(step, 'refused', 'autoscaler-managed');
    expect(step.outputs['message']).toContain("KEDA's scaledobject/load scales the target between 1 and 5");
    await expectUntouched(site);
  });

  test('where the installation protects the namespace, by a plan from here and by one from a Job', async ({
    site,
  }) => {
    await deploy(site.namespace, 'web');
    await create(pathOf('secrets', site.namespace), { metadata: { name: 'db' }, stringData: { a: 'b' } });
    const path = pathOf('configmaps', EXECUTOR_NAMESPACE, 'executor-installation');
    const listed = (await live<V1ConfigMap>(path)).data?.['protectedNamespaces'] ?? '';
    await patch(path, { data: { protectedNamespaces: `${listed} ${site.namespace}` } });
    try {
      for (const inputs of [
        scale,
        { action: 'update-secret', target: 'secret/db', 'secret-values': '{"a": "another"}' },
      ]) {
        const step = await site.run(inputs);
        expectStep(step, 'refused', 'protected-namespace');
        expect(step.outputs['message']).toContain(`namespace ${site.namespace} is protected`);
      }
    } finally {
      await patch(path, { data: { protectedNamespaces: listed } });
    }
    await expectUntouched(site);
  });

  test('of an object that was made anew since somebody looked at it', async ({ site }) => {
    const { metadata } = await deploy(site.namespace, 'web');
    const step = await site.run({ ...scale, 'expected-uid': '00000000-0000-4000-8000-000000000000' });
    expectStep(step, 'refused', 'target-replaced');
    expect(step.outputs['message']).toContain(`deployment/web has the uid ${metadata?.uid}`);
    await expectUntouched(site);
    expectStep(await site.run({ ...scale, 'expected-uid': metadata?.uid ?? '' }), 'succeeded', 'ok');
  });

  test('beyond max-replica-change', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const step = await site.run({ ...scale, parameters: 'replicas: 4', 'max-replica-change': '2' });
    expectStep(step, 'refused', 'replica-change-too-large');
    await expectUntouched(site);
  });

  test('where a quota leaves no room for the pods, before anything is changed', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const quota = { metadata: { name: 'one-pod' }, spec: { hard: { pods: '1' } } };
    await create(pathOf('resourcequotas', site.namespace), quota);
    await untilPodRefused(site.namespace, 'exceeded quota');
    const step = await site.run(scale);
    expectStep(step, 'refused', 'rehearsal-refused');
    expect(step.outputs['message']).toContain('exceeded quota');
    await expectUntouched(site);
  });
});
