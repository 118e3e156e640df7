import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Binding, bind } from './harness/bindings.ts';
import { callAs } from './harness/call-as.ts';
import { list, pathOf, read } from './harness/cluster.ts';
import { jobsOf, live } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import { EXECUTOR_NAMESPACE, type Site } from './harness/site.ts';
import { test } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

const scale = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 2' };

async function replicas({ namespace }: Site): Promise<number | undefined> {
  return (await live<V1Deployment>(pathOf('deployments', namespace, 'web'))).spec?.replicas;
}

/** The manifests in a message, from the first line that begins one. */
function manifestsIn(message: string): readonly Binding[] {
  const [, ...lines] = message.slice(message.indexOf('\napiVersion:')).split('\n');
  return parseAllDocuments(lines.join('\n')).map((document) => document.toJS() as Binding);
}

describe.concurrent('a missing right', () => {
  test("of the action's ServiceAccount is refused, and the YAML in the message helps", async ({ site }) => {
    await deploy(site.namespace, 'web');
    await site.revoke('action', 'scale-deployment');
    const step = await site.run(scale);
    expectStep(step, 'refused', 'permission-missing');
    expect(await replicas(site)).toBe(1);
    expect(await jobsOf(site.namespace)).toEqual([]);
    expect(step.outputs['message']).toContain('patch deployments/scale.apps');
    expect(step.summary).toContain('kubernetes-executor:scale-deployment');
    for (const binding of manifestsIn(step.outputs['message'] ?? '')) {
      await bind(site.namespace, binding);
    }
    expectStep(await site.run(scale), 'succeeded', 'ok');
  });

  test('of the caller is refused, and the YAML in the message helps', async ({ site }) => {
    await deploy(site.namespace, 'web');
    await site.revoke('caller', 'scale-deployment');
    const step = await site.run(scale);
    expectStep(step, 'refused', 'permission-missing');
    expect(await replicas(site)).toBe(1);
    expect(await jobsOf(site.namespace)).toEqual([]);
    for (const binding of manifestsIn(step.outputs['message'] ?? '')) {
      await bind(site.namespace, binding);
    }
    expectStep(await site.run(scale), 'succeeded', 'ok');
  });

  test('to execute is refused where the caller may plan alone', async ({ site }) => {
    await deploy(site.namespace, 'web');
    await site.demoteToPlan('scale-deployment');
    const step = await site.run(scale);
    expectStep(step, 'refused', 'permission-missing');
    expect(step.outputs['message']).toContain('execute');
    expect(await replicas(site)).toBe(1);
  });
});

/** A Job exactly like the step's, under another name and without what the API server adds. */
async function jobLikeTheSteps(site: Site): Promise<unknown> {
  expectStep(await site.run(scale), 'succeeded', 'ok');
  const [job] = await jobsOf(site.namespace);
  const name = `scale-deployment-${crypto.randomUUID().slice(0, 8)}`;
  const text = JSON.stringify(job).replaceAll(job?.metadata?.name ?? '', name);
  return JSON.parse(text, (key, value: unknown) => (ADDED.test(key) ? undefined : value));
}

const ADDED =
  /^(status|uid|resourceVersion|creationTimestamp|managedFields|selector)$|controller-uid|job-name$/;

describe.concurrent('the API server itself', () => {
  test('takes the Job of a caller who may execute, and of no other', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const sent = {
      method: 'POST',
      path: pathOf('jobs', EXECUTOR_NAMESPACE),
      body: await jobLikeTheSteps(site),
    };
    const rehearsed = { ...sent, path: `${sent.path}?dryRun=All` };
    expect(await callAs(site.token, rehearsed)).toMatchObject({ status: 201 });
    await site.demoteToPlan('scale-deployment');
    expect(await callAs(site.token, rehearsed)).toMatchObject({ status: 201 });
    const answer = await callAs(site.token, sent);
    expect(answer.status, answer.text).toBe(403);
    expect(answer.text).toContain('execute');
    expect(await jobsOf(site.namespace)).toHaveLength(1);
  });

  test('lets the rehearsal token of scale-deployment rehearse and not write', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const token = await rehearsalToken(site, 'action-scale-deployment');
    const path = `${pathOf('deployments', site.namespace, 'web')}/scale`;
    const body = { spec: { replicas: 2 } };
    const sent = { method: 'PATCH', path, body, contentType: 'application/merge-patch+json' };
    expect(await callAs(token, { ...sent, path: `${path}?dryRun=All` })).toMatchObject({ status: 200 });
    expect((await callAs(token, sent)).status).toBe(403);
    expect(await replicas(site)).toBe(1);
  });

  test('lets the rehearsal token of restart-pod rehearse and not delete', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const [pod] = await list<V1Pod>(pathOf('pods', site.namespace));
    const path = pathOf('pods', site.namespace, pod?.metadata?.name);
    const token = await rehearsalToken(site, 'action-restart-pod');
    const rehearsed = { method: 'DELETE', path: `${path}?dryRun=All`, body: { dryRun: ['All'] } };
    expect(await callAs(token, rehearsed)).toMatchObject({ status: 200 });
    expect((await callAs(token, { method: 'DELETE', path })).status).toBe(403);
    expect((await callAs(token, { method: 'DELETE', path: `${path}?dryRun=All`, body: {} })).status).toBe(
      403,
    );
    const after = await read<V1Pod>(path);
    expect(after?.metadata?.uid).toBe(pod?.metadata?.uid);
    expect(after?.metadata?.deletionTimestamp).toBeUndefined();
  });

  test('gives no rehearsal token that lives longer than ten minutes', async ({ site }) => {
    const sent = tokenRequest('action-scale-deployment', 601);
    expect((await callAs(site.token, sent)).status).toBe(403);
  });

  test("does not show the caller the plan's Secret", async ({ site }) => {
    await deploy(site.namespace, 'web');
    const { outputs } = await site.run(scale);
    const path = pathOf('secrets', EXECUTOR_NAMESPACE, outputs['execution-id']);
    expect(await read(path)).toBeDefined();
    expect((await callAs(site.token, { method: 'GET', path })).status).toBe(403);
  });
});

function tokenRequest(account: string, expirationSeconds: number) {
  const path = `${pathOf('serviceaccounts', EXECUTOR_NAMESPACE, account)}/token`;
  return { method: 'POST', path, body: { spec: { expirationSeconds } } };
}

/** As the step gets it: asked for by the caller. */
async function rehearsalToken(site: Site, account: string): Promise<string> {
  const answer = await callAs(site.token, tokenRequest(account, 600));
  expect(answer.status, answer.text).toBe(201);
  return (JSON.parse(answer.text) as { status: { token: string } }).status.token;
}
