import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Job } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { startArtifactService } from './artifact-service.ts';
import { runWorkflow } from './harness/act.ts';
import { pathOf } from './harness/cluster.ts';
import { jobsOf, live } from './harness/executions.ts';
import { ROOT } from './harness/runner-environment.ts';
import { EXECUTOR_NAMESPACE, type Site } from './harness/site.ts';
import { test as withSite } from './harness/test.ts';
import { deploy, untilAvailable } from './harness/workloads.ts';

/** A workflow file, as it is but for the namespace it acts in. */
const test = withSite.extend<{ inNamespace: (text: string) => string }>({
  inNamespace: async ({ site }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'e2e-workflow-'));
    await use((text) => {
      const file = join(folder, 'workflow.yml');
      writeFileSync(file, text.replaceAll('namespace: shop', `namespace: ${site.namespace}`));
      return file;
    });
    rmSync(folder, { recursive: true });
  },
});

function secretsOf({ kubeconfig }: Site) {
  return { KUBECONFIG: Buffer.from(kubeconfig).toString('base64') };
}

/** The `name=value` lines that a workflow's steps printed. */
function valuesIn(printed: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(printed.flatMap((line) => [/^([a-z-]+)=(.*)$/.exec(line)?.slice(1) ?? []]));
}

describe.concurrent('a workflow', () => {
  test('from examples/ scales, and its later step uses the outputs', async ({ site, inNamespace }) => {
    await deploy(site.namespace, 'web', { replicas: 2 });
    const service = await startArtifactService();
    const file = inNamespace(readFileSync(join(ROOT, 'examples/scale.yml'), 'utf8'));
    const inputs = { deployment: 'web', replicas: '3' };
    const run = await runWorkflow(file, { inputs, secrets: secretsOf(site), env: service.env });
    expect(run.succeeded, run.lines.join('\n')).toBe(true);
    await untilAvailable(site.namespace, 'web', 3);
    const values = valuesIn(run.printed);
    expect(values).toMatchObject({ result: 'succeeded', changed: 'true' });
    const [namespace, name] = values['job']?.split('/') ?? [];
    expect(namespace).toBe(EXECUTOR_NAMESPACE);
    const job = await live<V1Job>(pathOf('jobs', EXECUTOR_NAMESPACE, name));
    expect(job.spec?.template.spec?.serviceAccountName).toBe('action-scale-deployment');
    expect(service.artifacts()).toHaveLength(1);
    await service.stop();
  });

  test('stops at a refused step, and a step for that case sees why', async ({ site, inNamespace }) => {
    const file = inNamespace(`
on: workflow_dispatch
jobs:
  operate:
    runs-on: ubuntu-latest
    steps:
      - id: scale
        uses: OWNER/kubernetes-executor-action@v1
        with:
          kubeconfig: \${{ secrets.KUBECONFIG }}
          namespace: shop
          action: scale-deployment
          target: deployment/nobody
          parameters: 'replicas: 1'
      - run: echo unreachable=1
      - if: failure()
        run: echo "reason-code=\${{ steps.scale.outputs.reason-code }}"
`);
    const run = await runWorkflow(file, { secrets: secretsOf(site) });
    expect(run.succeeded).toBe(false);
    expect(valuesIn(run.printed)).toEqual({ 'reason-code': 'target-not-found' });
    expect(await jobsOf(site.namespace)).toEqual([]);
  });
});
