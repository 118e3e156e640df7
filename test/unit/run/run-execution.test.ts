/** Whole runs of the step, with the executor in its Job, over the fake: what comes of them and what is recorded. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import type { RunRecord } from '../../../src/run/record.ts';
import { type RunContext, runExecution } from '../../../src/run/run-execution.ts';
import type { ExecutionRequest, RunOptions } from '../../../src/spec/request.ts';
import { deployment } from '../catalog/cluster-objects.ts';
import { on } from '../execute/fake-api.ts';
import { OPTIONS, REQUEST } from '../gates/gate-input.ts';
import { crashingPod } from '../verify/views.ts';
import { openCluster, PROGRAM_HASH, type WholeCluster } from './whole-cluster.ts';

let folder = '';

interface Asking extends Partial<Omit<RunContext, 'options'>> {
  readonly request?: Partial<ExecutionRequest>;
  readonly options?: Partial<RunOptions>;
}

function run(
  { access }: Pick<WholeCluster, 'access'>,
  { request, options, ...over }: Asking = {},
): Promise<RunRecord> {
  return runExecution(
    { ...REQUEST, ...request },
    {
      access,
      mode: 'run',
      options: { ...OPTIONS, ...options },
      programHash: PROGRAM_HASH,
      cancelled: new AbortController().signal,
      deadlineMs: performance.now() + 60_000,
      report: () => {},
      showLog: () => {},
      logFile: (executionId) => join(folder, `${executionId}.log`),
      collectFolder: (executionId) => join(folder, executionId),
      secrets: () => [],
      onJob: () => {},
      ...over,
    },
  );
}

function replicas({ api }: WholeCluster): unknown {
  return readPointer(api.read(deployment()), '/spec/replicas');
}

function isUp(workload: object): boolean {
  return readPointer(workload, '/spec/replicas') === 2;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runs-'));
});

describe('a run', () => {
  it('changes the object, verifies it, and records all there is to know', async () => {
    await using cluster = await openCluster();
    const shown: string[] = [];
    const record = await run(cluster, { showLog: (line) => shown.push(Buffer.from(line).toString()) });
    expect(record).toMatchObject({
      result: 'succeeded',
      reasonCode: 'ok',
      changed: true,
      mode: 'run',
      namespace: 'shop',
      environment: 'shop',
      planHash: expect.stringMatching(/^sha256:/),
      cluster: { serverVersion: 'v1.36.3', user: 'system:serviceaccount:ci:deployer' },
      risk: { level: 'low' },
      rehearsal: {
        requests: [{ outcome: 'accepted', diff: [{ pointer: '/spec/replicas', before: 2, after: 5 }] }],
      },
      job: { serviceAccount: 'action-scale-deployment', namespace: 'kubernetes-executor', exitCode: 0 },
      verdict: { result: 'succeeded', checks: [{ met: true }] },
      log: { complete: true },
    });
    expect(replicas(cluster)).toBe(5);
    expect(record.permissions.every(({ allowed }) => allowed === 'yes')).toBe(true);
    expect(record.gates.every(({ verdict }) => verdict === 'pass')).toBe(true);
    expect(shown.length).toBe(record.verdict?.logLines);
    expect(await readFile(record.log?.file ?? '', 'utf8')).toBe(`${shown.join('\n')}\n`);
  });

  it('tells its job before it creates it', async () => {
    await using cluster = await openCluster();
    const told: number[] = [];
    const record = await run(cluster, { onJob: () => told.push(cluster.jobs().length) });
    expect(told).toEqual([0]);
    expect(cluster.jobs()).toEqual([record.executionId]);
    expect(record.job?.name).toBe(record.executionId);
  });

  it('leaves no connection open', async () => {
    await using cluster = await openCluster();
    await run(cluster);
    await vi.waitFor(async () => expect(await cluster.connections()).toBe(0));
  });

  it('acts as the action in its dry runs, and never in earnest', async () => {
    await using cluster = await openCluster();
    await run(cluster);
    const inShop = cluster.api.requests.filter(
      ({ path, method }) => path.includes('/shop/') && method === 'PATCH',
    );
    expect(inShop.map(({ query }) => query?.['dryRun'])).toEqual(['All', undefined]);
  });

  it('is undone where it can not be verified, and then nothing has changed', async () => {
    await using cluster = await openCluster([deployment()], {
      healthy: isUp,
      onChange: (api) => {
        if (!isUp(api.read(deployment()) ?? {})) api.put(crashingPod(5));
      },
    });
    expect(await run(cluster)).toMatchObject({
      result: 'rolled-back',
      reasonCode: 'container-failing',
      changed: false,
      job: { exitCode: 1 },
    });
    expect(replicas(cluster)).toBe(2);
  });

  it('can be rolled back afterwards, from what the cluster keeps', async () => {
    await using cluster = await openCluster();
    const { executionId } = await run(cluster);
    expect(replicas(cluster)).toBe(5);
    expect(await run(cluster, { mode: 'rollback', options: { executionId } })).toMatchObject({
      result: 'succeeded',
      mode: 'rollback',
    });
    expect(replicas(cluster)).toBe(2);
  });
});

describe('a run that creates no Job', () => {
  it('where it shall only plan', async () => {
    await using cluster = await openCluster();
    expect(await run(cluster, { mode: 'plan' })).toMatchObject({
      result: 'planned',
      changed: true,
      rehearsal: { requests: [{ outcome: 'accepted' }] },
    });
    expect([cluster.jobs(), replicas(cluster)]).toEqual([[], 2]);
  });

  it('where all is as asked already', async () => {
    await using cluster = await openCluster();
    expect(await run(cluster, { request: { parameters: { replicas: 2 } } })).toMatchObject({
      result: 'succeeded',
      reasonCode: 'no-change',
      changed: false,
    });
    expect(cluster.jobs()).toEqual([]);
  });

  it('where the plan is no longer the approved one', async () => {
    await using cluster = await openCluster();
    const { planHash = '' } = await run(cluster, { mode: 'plan' });
    cluster.api.change(deployment(), { spec: { replicas: 3 } });
    const record = await run(cluster, { mode: 'apply', options: { planHash } });
    expect(record).toMatchObject({ result: 'refused', reasonCode: 'plan-changed', changed: false });
    expect(record.message).toContain(planHash);
    expect(record.message).toContain(record.planHash);
    expect(cluster.jobs()).toEqual([]);
  });

  it('where rights are missing: all of them at once, with what grants them', async () => {
    await using cluster = await openCluster();
    cluster.api.allows = ({ verb }) => verb !== 'patch';
    const record = await run(cluster);
    expect(record).toMatchObject({ result: 'refused', reasonCode: 'permission-missing' });
    expect(record.message).toContain('may not patch pods in kubernetes-executor');
    cluster.api.allows = ({ resource }) => resource !== 'deployments';
    const other = await run(cluster);
    expect(other.message).toContain('may not patch deployments/scale.apps in shop');
    expect(other.message).toContain('kind: RoleBinding');
    expect(other.message).not.toContain('opted in');
    expect(cluster.jobs()).toEqual([]);
  });

  it('where the namespace has not opted in: how to, first', async () => {
    await using cluster = await openCluster();
    cluster.api.allows = ({ resource, namespace }) =>
      resource === 'actions' || namespace === 'kubernetes-executor';
    const record = await run(cluster);
    expect(record).toMatchObject({ result: 'refused', reasonCode: 'permission-missing' });
    expect(record.message).toMatch(
      /^namespace shop has not opted in to scale-deployment.*manifests\/opt-in\/scale-deployment\.yaml\n/,
    );
  });

  it('where gates are closed: all of them are told', async () => {
    await using cluster = await openCluster([
      deployment({ metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } } }),
    ]);
    const record = await run(cluster, { options: { maxReplicaChange: 1 } });
    expect(record).toMatchObject({ result: 'refused', reasonCode: 'gitops-managed' });
    expect(record.message).toContain('Argo CD');
    expect(record.message).toContain('max-replica-change');
    expect(record).not.toHaveProperty('rehearsal');
    expect(cluster.jobs()).toEqual([]);
  });

  it.each([
    ['is refused', 'no', 'not rehearsed: the namespace has not opted in. Apply:\napiVersion'],
    [
      'could not be asked for',
      'unknown',
      'not rehearsed: it could not be asked whether they may be: said 403',
    ],
  ])('where the rehearsal of pods %s: it is only said', async (_what, answer, message) => {
    await using cluster = await openCluster();
    const isOfPods = (attributes: unknown): boolean =>
      readPointer(attributes, '/verb') === 'create' && readPointer(attributes, '/resource') === 'pods';
    cluster.api.allows = (attributes) => !isOfPods(attributes);
    if (answer === 'unknown')
      cluster.api.answer(
        ({ body }) => isOfPods(readPointer(body, '/spec/resourceAttributes')),
        { status: 403 },
        9,
      );
    const { result, rehearsal } = await run(cluster, { mode: 'plan' });
    expect(result).toBe('planned');
    expect(rehearsal?.findings).toMatchObject([
      { severity: 'warning', about: 'pods of deployment/web', message: expect.stringContaining(message) },
    ]);
  });

  it('where the installation protects the namespace', async () => {
    await using cluster = await openCluster();
    const path = '/api/v1/namespaces/kubernetes-executor/configmaps/executor-installation';
    const installation = cluster.api.at(path);
    if (!installation) throw new Error('there is no installation');
    cluster.api.change(installation, { data: { protectedNamespaces: 'kube-system shop' } });
    const record = await run(cluster);
    expect(record).toMatchObject({ result: 'refused', reasonCode: 'protected-namespace' });
    expect(record.message).toContain('namespace shop is protected');
    const unplanned = await run(cluster, { request: { name: 'api' } });
    expect(unplanned).toMatchObject({ result: 'refused', reasonCode: 'protected-namespace' });
    expect(unplanned.message).toContain('deployment/api');
    expect(cluster.jobs()).toEqual([]);
  });

  it('where autoscalers could not be listed: unknown refuses', async () => {
    await using cluster = await openCluster();
    cluster.api.answer(on('GET', '/horizontalpodautoscalers'), { status: 403 }, 9);
    expect((await run(cluster)).reasonCode).toBe('permission-unknown');
    expect(cluster.jobs()).toEqual([]);
  });

  it('where the server refuses the change in the dry run', async () => {
    await using cluster = await openCluster();
    cluster.api.answer(on('PATCH', '/scale'), { status: 403, message: 'denied by policy freeze' });
    expect(await run(cluster)).toMatchObject({
      result: 'refused',
      reasonCode: 'rehearsal-refused',
      message: expect.stringContaining('denied by policy freeze'),
      rehearsal: { requests: [{ outcome: 'refused' }] },
    });
    expect(cluster.jobs()).toEqual([]);
  });

  it('where the caller may not execute', async () => {
    await using cluster = await openCluster();
    cluster.api.answer(on('POST', '/jobs'), { status: 403, message: 'deployer may not execute this' });
    expect(await run(cluster)).toMatchObject({ result: 'refused', reasonCode: 'execute-forbidden' });
    expect(replicas(cluster)).toBe(2);
  });

  it('where there is no such target', async () => {
    await using cluster = await openCluster([]);
    expect(await run(cluster)).toMatchObject({
      result: 'refused',
      reasonCode: 'target-not-found',
      environment: 'shop',
    });
  });

  it('where the server can not be reached', async () => {
    await using cluster = await openCluster();
    const access = { ...cluster.access, url: 'https://127.0.0.1:1' };
    const record = await run({ access }, { deadlineMs: performance.now() + 200 });
    expect(['cluster-unreachable', 'timeout']).toContain(record.reasonCode);
    expect(record.changed).toBe(false);
  });
});

describe('an approved plan', () => {
  it('is carried out, also later', async () => {
    await using cluster = await openCluster();
    const { planHash = '' } = await run(cluster, { mode: 'plan' });
    const record = await run(cluster, { mode: 'apply', options: { planHash } });
    expect(record).toMatchObject({ result: 'succeeded', planHash });
    expect(replicas(cluster)).toBe(5);
  });

  it('has a hash without the time that a restart writes', async () => {
    await using cluster = await openCluster();
    const request = { action: rolloutRestart, parameters: {} };
    const first = await run(cluster, { mode: 'plan', request });
    await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000) + 5));
    const second = await run(cluster, { mode: 'plan', request });
    expect(first.plan?.at).not.toBe(second.plan?.at);
    expect(first.planHash).toBe(second.planHash);
  });
});

describe('a run that is stopped', () => {
  it('before its Job: nothing was changed', async () => {
    await using cluster = await openCluster();
    const record = await run(cluster, { cancelled: AbortSignal.abort() });
    expect(record).toMatchObject({ result: 'cancelled', reasonCode: 'cancelled', changed: false });
    expect(cluster.jobs()).toEqual([]);
  });

  it('after its Job was created and before it started: it is deleted', async () => {
    await using cluster = await openCluster([deployment()], { starts: false });
    const cancel = new AbortController();
    const report = (text: string): void => {
      if (text.includes('created in')) cancel.abort();
    };
    const begun = performance.now();
    const deadlineMs = begun + 600_000;
    const record = await run(cluster, { cancelled: cancel.signal, report, deadlineMs });
    expect(record).toMatchObject({ result: 'cancelled', changed: false });
    expect(performance.now() - begun).toBeLessThan(25_000);
    expect([cluster.jobs(), replicas(cluster)]).toEqual([[], 2]);
  });

  it('by its own timeout', async () => {
    await using cluster = await openCluster();
    expect(await run(cluster, { deadlineMs: performance.now() })).toMatchObject({
      result: 'timed-out',
      reasonCode: 'timeout',
      changed: false,
    });
    expect(cluster.jobs()).toEqual([]);
  });
});
