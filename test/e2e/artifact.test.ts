import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { type ArtifactService, type Fault, startArtifactService } from './artifact-service.ts';
import { ask, list, pathOf } from './harness/cluster.ts';
import { podsOfJob } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { EXECUTOR_NAMESPACE } from './harness/site.ts';
import { test as withSite } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

const test = withSite.extend<{ serve: (fault?: Fault) => Promise<ArtifactService> }>({
  serve: async ({ task: _task }, use) => {
    const services: ArtifactService[] = [];
    await use(async (fault) => {
      const service = await startArtifactService(fault);
      services.push(service);
      return service;
    });
    await Promise.all(services.map((service) => service.stop()));
  },
});

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };

/** What the kubelet has of the Job's only pod. */
async function podLog(job: string): Promise<string> {
  const { path, query } = podsOfJob(job);
  const [pod] = await list<V1Pod>(path, query);
  return (await ask('GET', `${pathOf('pods', EXECUTOR_NAMESPACE, pod?.metadata?.name)}/log`)).text;
}

/** The content of the only file whose name ends so. */
function fileOf(files: ReadonlyMap<string, Buffer>, end: string): string {
  const found = [...files].filter(([name]) => name.endsWith(end));
  expect(found.map(([name]) => name)).toHaveLength(1);
  return found[0]?.[1].toString('utf8') ?? '';
}

describe.concurrent('the artifact', () => {
  test('holds the whole log, plan, report and summary', async ({ site, serve }) => {
    const service = await serve();
    await deploy(site.namespace, 'web');
    const step = await site.run(scale, { env: service.env });
    expectStep(step, 'succeeded', 'ok');
    const { outputs } = step;
    const [stored, ...others] = service.artifacts();
    expect(others).toEqual([]);
    expect(outputs['artifact-id']).toBe(String(stored?.id));
    expect(outputs['artifact-name']).toBe(stored?.name);
    expect(outputs['artifact-url']).toMatch(
      new RegExp(`^https://github.com/acme/ops/actions/runs/\\d+/artifacts/${stored?.id}$`),
    );
    const digest = createHash('sha256')
      .update(stored?.bytes ?? '')
      .digest('hex');
    expect(outputs['artifact-digest']).toBe(digest);

    const files = service.unzip(outputs['artifact-name'] ?? '');
    const log = fileOf(files, '.log');
    expect(log).toContain('verified');
    expect(log).toBe(await podLog(outputs['job-name'] ?? ''));
    const report = fileOf(files, 'report.json');
    expect(JSON.parse(report)).toMatchObject({
      kind: 'KubernetesExecution',
      metadata: { name: outputs['execution-id'] },
      status: { phase: 'completed' },
    });
    expect(report).toContain(createHash('sha256').update(log).digest('hex'));
    expect(readFileSync(outputs['report-file'] ?? '', 'utf8')).toBe(report);
    const plan = fileOf(files, 'plan.json');
    expect(plan).toContain(outputs['plan-hash']);
    expect(plan).toContain('/spec/replicas');
    expect(fileOf(files, 'summary.md')).toBe(step.summary);
  });

  test('of a plan holds the plan', async ({ site, serve }) => {
    const service = await serve();
    await deploy(site.namespace, 'web');
    const { outputs } = await site.run({ ...scale, mode: 'plan' }, { env: service.env });
    const [stored] = service.artifacts();
    expect(outputs['plan-artifact-id']).toBe(String(stored?.id));
    expect(fileOf(service.unzip(stored?.name ?? ''), 'plan.json')).toContain(outputs['plan-hash']);
  });

  test('that the service refuses is a warning; the result stands', async ({ site, serve }) => {
    const service = await serve((stage) => (stage === 'CreateArtifact' ? 400 : undefined));
    await deploy(site.namespace, 'web');
    const step = await site.run(scale, { env: service.env });
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['artifact-id']).toBe('');
    expect(step.log.shown.join('\n')).toContain('artifact could not be uploaded');
  });

  test('is not uploaded where the inputs say never', async ({ site, serve }) => {
    const service = await serve();
    await deploy(site.namespace, 'web');
    const step = await site.run({ ...scale, 'upload-artifact': 'never' }, { env: service.env });
    expectStep(step, 'succeeded', 'ok');
    expect(service.artifacts()).toEqual([]);
  });
});
