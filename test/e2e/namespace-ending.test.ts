import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, type TestContext } from 'vitest';
import { bind } from './harness/bindings.ts';
import { list, patch, pathOf, remove, untilObject } from './harness/cluster.ts';
import { untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import type { Inputs } from './harness/run-action.ts';
import { bindingOf, openSite, type Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { startVerifying } from './harness/verifying.ts';
import { deploy } from './harness/workloads.ts';

/** Of the test's own context: vitest gives what is imported to whichever test began last. */
type OnTestFinished = TestContext['onTestFinished'];

/** A caller whose credentials do not go with the target's namespace. */
async function inputsOfOutsider({ namespace }: Site, onTestFinished: OnTestFinished): Promise<Inputs> {
  const other = await openSite([]);
  onTestFinished(() => other.close());
  const role = { kind: 'ClusterRole', name: 'kubernetes-executor:scale-deployment:execute' } as const;
  await bind(namespace, bindingOf('outsider', role, { name: 'caller', namespace: other.namespace }));
  return { kubeconfig: other.kubeconfig };
}

/** Keeps the deployment, and who may do what, in a namespace that is on its way out; it ends with the test. */
async function holdBack({ namespace }: Site, onTestFinished: OnTestFinished): Promise<void> {
  const bindings = await list<V1Deployment>(pathOf('rolebindings', namespace));
  const held = [
    pathOf('deployments', namespace, 'web'),
    ...bindings.map(({ metadata }) => pathOf('rolebindings', namespace, metadata?.name)),
  ];
  onTestFinished(async () => {
    for (const path of held) await patch(path, { metadata: { finalizers: null } });
  });
  for (const path of held) await patch(path, { metadata: { finalizers: ['example.org/hold'] } });
}

describe.concurrent("a target's namespace that is being deleted", () => {
  test('is told before anything is changed', async ({ site, onTestFinished }) => {
    const inputs = await inputsOfOutsider(site, onTestFinished);
    await deploy(site.namespace, 'web');
    await holdBack(site, onTestFinished);
    await remove(pathOf('namespaces', undefined, site.namespace));
    const path = pathOf('deployments', site.namespace, 'web');
    await untilObject<V1Deployment>(path, (object) => object?.metadata?.deletionTimestamp !== undefined);
    const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };
    const step = await site.run({ ...scale, ...inputs });
    expectStep(step, 'refused', 'rehearsal-refused');
    expect(step.outputs['changed']).toBe('false');
    expect(step.outputs['message']).toContain(`${site.namespace} because it is being terminated`);
  });

  test('takes the target away from an execution, which says so and ends', async ({
    site,
    onTestFinished,
  }) => {
    const { running } = await startVerifying(site, await inputsOfOutsider(site, onTestFinished));
    await remove(pathOf('namespaces', undefined, site.namespace));
    const step = await running.finished;
    expectStep(step, 'rollback-failed', 'rollback-failed');
    expect(step.outputs['message']).toMatch(/deployment\/web .*the workload is gone\. The undo failed/);
    await untilNothingLeft(site.namespace);
  });
});
