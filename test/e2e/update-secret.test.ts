import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Deployment, V1Secret } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { askUntil } from './harness/ask-until.ts';
import { ask, create, list, patch, pathOf, type Resource, remove, until } from './harness/cluster.ts';
import { jobsOf, live, untilNothingLeft } from './harness/executions.ts';
import { expectStep } from './harness/expect-step.ts';
import type { Inputs, Step } from './harness/run-action.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE, type Site } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';
import { MERGE } from './policies/identities.ts';

const test = testWith(['update-secret']);

/** What no log may have by chance; with what JSON, shells and Markdown would write otherwise. */
const OLD = 'old-Zx9"quoted\\and|piped-6301';
const NEW = 'new-Qw7\nsecond line: `code` & <b>-9482';
const update = { action: 'update-secret', target: 'secret/db' };

function values(map: Readonly<Record<string, string>>): Inputs {
  return { 'secret-values': JSON.stringify(map) };
}

async function plant(site: Site, more: Partial<V1Secret> = {}): Promise<V1Secret> {
  const data = { password: OLD, user: 'app-user' };
  return create(pathOf('secrets', site.namespace), { metadata: { name: 'db' }, stringData: data, ...more });
}

async function dataOf(site: Site): Promise<Readonly<Record<string, string>>> {
  const { data = {} } = await live<V1Secret>(pathOf('secrets', site.namespace, 'db'));
  const texts = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  return Object.fromEntries(texts);
}

function undoOf(outputs: Readonly<Record<string, string>>): Inputs {
  return { ...update, mode: 'rollback', 'execution-id': outputs['execution-id'] ?? '' };
}

const USING_IT = {
  containers: [
    {
      name: 'app',
      image: 'docker.io/library/busybox:1.37',
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', "trap 'exit 0' TERM; sleep 2147483647 & wait"],
      env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }],
    },
  ],
};

async function deployUsing(site: Site): Promise<V1Deployment> {
  const template = { metadata: { labels: { app: 'web' } }, spec: USING_IT };
  return deploy(site.namespace, 'web', { spec: { template } });
}

/** Every form in which the value, or a line of it, could have been written. */
function formsOf(value: string): readonly string[] {
  const lines = [value, ...value.split('\n')];
  const base64 = lines.map((line) => Buffer.from(line).toString('base64').replace(/=+$/, ''));
  return [...lines, ...lines.map((line) => JSON.stringify(line).slice(1, -1)), ...base64];
}

/** All that the step and the cluster have written about the run, but the Secrets themselves. */
async function everythingWritten(site: Site, steps: readonly Step[]): Promise<string> {
  const files = steps.flatMap(({ folders }) =>
    readdirSync(folders.temp, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  );
  const printed = steps.flatMap(({ lines, post }) => [...lines, ...(post?.lines ?? [])]);
  const kinds: readonly Resource[] = ['jobs', 'pods', 'events', 'leases', 'configmaps'];
  const places = [EXECUTOR_NAMESPACE, LOCK_NAMESPACE, site.namespace];
  const objects = await Promise.all(
    places.flatMap((place) => kinds.map((kind) => list<object>(pathOf(kind, place)))),
  );
  const jobs = steps.flatMap(({ outputs }) => outputs['job-name'] ?? []);
  const logs = await Promise.all(jobs.map(logOf));
  return [
    // The request to hide it is the one line that must say it; the runner shows no such line.
    ...printed.filter((line) => !line.startsWith('::add-mask::')),
    ...steps.flatMap(({ outputs, state, summary }) => [JSON.stringify({ outputs, state }), summary ?? '']),
    ...files,
    JSON.stringify(objects),
    ...logs,
  ].join('\n');
}

async function logOf(job: string): Promise<string> {
  const query = `?labelSelector=batch.kubernetes.io/job-name=${job}`;
  const pods = await list<{ metadata: { name: string } }>(pathOf('pods', EXECUTOR_NAMESPACE), query.slice(1));
  const logs = pods.map(({ metadata }) =>
    ask('GET', `${pathOf('pods', EXECUTOR_NAMESPACE, metadata.name)}/log`),
  );
  return (await Promise.all(logs)).map(({ text }) => text).join('\n');
}

async function expectNowhere(site: Site, steps: readonly Step[], secrets: readonly string[]): Promise<void> {
  const written = await everythingWritten(site, steps);
  expect(written).toContain(steps[0]?.outputs['execution-id']);
  for (const form of secrets.flatMap(formsOf)) expect(written.includes(form), form).toBe(false);
}

describe.concurrent('update-secret', () => {
  test('sets and removes keys, and mode rollback puts back what nobody has seen', async ({ site }) => {
    await plant(site);
    const parameters = 'remove: [user]';
    const step = await site.run({ ...update, ...values({ password: NEW, token: NEW }), parameters });
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['changed']).toBe('true');
    expect(await dataOf(site)).toEqual({ password: NEW, token: NEW });
    const undone = await site.run(undoOf(step.outputs));
    expectStep(undone, 'succeeded', 'ok');
    expect(await dataOf(site)).toEqual({ password: OLD, user: 'app-user' });
    await expectNowhere(site, [step, undone], [OLD, NEW, 'app-user']);
    await untilNothingLeft(site.namespace);
  });

  test('lists who uses the key, and restarts them once it is changed', async ({ site }) => {
    await plant(site);
    const before = await deployUsing(site);
    const other = await site.run({ ...update, ...values({ user: 'somebody-else' }), mode: 'plan' });
    expectStep(other, 'planned', 'planned');
    expect(other.summary).not.toContain('deployment/web');
    const listed = await site.run({ ...update, ...values({ password: NEW }), mode: 'plan' });
    expectStep(listed, 'planned', 'planned');
    expect(listed.summary).toContain('deployment/web uses it for the environment of container app');
    expect(await dataOf(site)).toEqual({ password: OLD, user: 'app-user' });
    const parameters = 'restart-consumers: true';
    const step = await site.run({ ...update, ...values({ password: NEW }), parameters });
    expectStep(step, 'succeeded', 'ok');
    const after = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(after.metadata?.generation).toBe((before.metadata?.generation ?? 0) + 1);
    expect(after.status?.observedGeneration).toBe(after.metadata?.generation);
    const undone = await site.run(undoOf(step.outputs));
    expectStep(undone, 'succeeded', 'ok');
    expect(await dataOf(site)).toEqual({ password: OLD, user: 'app-user' });
    const restored = await live<V1Deployment>(pathOf('deployments', site.namespace, 'web'));
    expect(restored.spec?.template).toEqual(before.spec?.template);
    await expectNowhere(site, [other, listed, step, undone], [OLD, NEW]);
  });

  test('puts all back where a consumer does not come up with it', async ({ site }) => {
    await plant(site);
    const script =
      'case "$PASSWORD" in wrong*) exit 1 ;; esac; touch up; trap "exit 0" TERM; sleep 2147483647 & wait';
    const [container] = USING_IT.containers;
    const readinessProbe = { exec: { command: ['test', '-e', 'up'] }, periodSeconds: 1, timeoutSeconds: 10 };
    const containers = [{ ...container, command: ['sh', '-c', script], workingDir: '/tmp', readinessProbe }];
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers } };
    await deploy(site.namespace, 'web', { spec: { template } });
    const parameters = 'restart-consumers: true';
    const step = await site.run({ ...update, ...values({ password: 'wrong-password' }), parameters });
    expectStep(step, 'rolled-back', 'container-failing');
    expect(step.outputs['changed']).toBe('false');
    expect(await dataOf(site)).toEqual({ password: OLD, user: 'app-user' });
    await expectNowhere(site, [step], [OLD, 'wrong-password']);
  });

  test('is not sent where the server refuses it, and what the server repeats is hidden', async ({ site }) => {
    await plant(site);
    const policy = await refuseChanges(site);
    const step = await site.run({ ...update, ...values({ password: NEW }) });
    expectStep(step, 'refused', 'rehearsal-refused');
    expect(step.outputs['message']).toContain('a webhook or policy that repeats ***');
    expect(await dataOf(site)).toEqual({ password: OLD, user: 'app-user' });
    await expectNowhere(site, [step], [OLD, NEW]);
    await policy.remove();
  });

  test('that is so already, or was changed since, sends nothing', async ({ site }) => {
    const { metadata } = await plant(site);
    const same = await site.run({ ...update, ...values({ password: OLD, user: 'app-user' }) });
    expectStep(same, 'succeeded', 'no-change');
    const now = await live<V1Secret>(pathOf('secrets', site.namespace, 'db'));
    expect(now.metadata?.resourceVersion).toBe(metadata?.resourceVersion);
    const planned = await site.run({ ...update, ...values({ password: NEW }), mode: 'plan' });
    await patch(pathOf('secrets', site.namespace, 'db'), { stringData: { user: 'another-user' } });
    const hash = { mode: 'apply', 'plan-hash': planned.outputs['plan-hash'] ?? '' };
    const stale = await site.run({ ...update, ...values({ password: NEW }), ...hash });
    expectStep(stale, 'refused', 'plan-changed');
    expect(await dataOf(site)).toEqual({ password: OLD, user: 'another-user' });
    await expectNowhere(site, [same, planned, stale], [OLD, NEW, 'another-user']);
  });

  test('has no undo any more once somebody else has changed the key, or its record is gone', async ({
    site,
  }) => {
    await plant(site);
    const step = await site.run({ ...update, ...values({ password: NEW }) });
    expectStep(step, 'succeeded', 'ok');
    await patch(pathOf('secrets', site.namespace, 'db'), { stringData: { password: 'a-third-password' } });
    const conflict = await site.run(undoOf(step.outputs));
    expectStep(conflict, 'refused', 'rollback-conflict');
    expect(await dataOf(site)).toEqual({ password: 'a-third-password', user: 'app-user' });
    await remove(pathOf('jobs', EXECUTOR_NAMESPACE, step.outputs['job-name']));
    const expired = await site.run(undoOf(step.outputs));
    expectStep(expired, 'refused', 'rollback-expired');
    expect(expired.outputs['message']).toContain('its undo with it');
    await expectNowhere(site, [step, conflict, expired], [OLD, NEW, 'a-third-password']);
  });

  test('leaves nothing of the question, which holds the value, in the cluster', async ({ site }) => {
    await plant(site);
    const planned = await site.run({ ...update, ...values({ password: NEW }), mode: 'plan' });
    expectStep(planned, 'planned', 'planned');
    const question = { path: pathOf('secrets', EXECUTOR_NAMESPACE) };
    const name = `${planned.outputs['execution-id']}-plan`;
    await until<V1Secret, true>(question, (all) => all.every(({ metadata }) => metadata?.name !== name));
    expect(await jobsOf(site.namespace)).toEqual([]);
  });

  test('takes values from their input alone, and tells what is wrong without them', async ({ site }) => {
    await plant(site);
    const inClear = await site.run({ ...update, parameters: `data: { password: ${OLD.slice(0, 7)} }` });
    expectStep(inClear, 'refused', 'input-invalid');
    expect(inClear.outputs['message']).toContain('Give the values in the input secret-values');
    const empty = await site.run({ ...update, ...values({ password: '' }) });
    expectStep(empty, 'refused', 'input-invalid');
    expect(empty.outputs['message']).toContain('pull requests from forks');
    const broken = await site.run({ ...update, 'secret-values': `password: "${NEW}\n &x` });
    expectStep(broken, 'refused', 'input-invalid');
    const other = { action: 'update-secret', target: 'secret/none', ...values({ password: NEW }) };
    const missing = await site.run(other);
    expectStep(missing, 'refused', 'target-not-found');
    await expectNowhere(site, [missing, inClear, empty, broken], [NEW]);
  });

  test('refuses what others keep, and says by whom', async ({ site }) => {
    const owner = await create<V1Secret>(pathOf('configmaps', site.namespace), {
      metadata: { name: 'maker' },
    });
    const { name = '', uid = '' } = owner.metadata ?? {};
    const reference = {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      name,
      uid,
      controller: true,
    };
    await plant(site, { metadata: { name: 'db', ownerReferences: [reference] }, immutable: true });
    const step = await site.run({ ...update, ...values({ password: NEW }) });
    expectStep(step, 'refused', 'target-unsuitable');
    expect(step.outputs['message']).toContain('externalsecret/maker (external-secrets.io/v1) makes it');
    expect(step.outputs['message']).toContain('it is immutable');
    const gitops = { 'kustomize.toolkit.fluxcd.io/name': 'apps' };
    await create(pathOf('secrets', site.namespace), { metadata: { name: 'flux', labels: gitops } });
    const owned = await site.run({ ...update, target: 'secret/flux', ...values({ password: NEW }) });
    expectStep(owned, 'refused', 'gitops-managed');
  });

  test('needs its rights, and the right to plan for a rehearsal', async ({ site }) => {
    const { metadata } = await plant(site);
    await site.demoteToPlan('update-secret');
    const planned = await site.run({ ...update, ...values({ password: NEW }), mode: 'plan' });
    expectStep(planned, 'planned', 'planned');
    const denied = await site.run({ ...update, ...values({ password: NEW }) });
    expectStep(denied, 'refused', 'permission-missing');
    await site.revoke('action', 'update-secret');
    const missing = await site.run({ ...update, ...values({ password: NEW }), mode: 'plan' });
    expectStep(missing, 'refused', 'permission-missing');
    expect(missing.outputs['message']).toContain('patch secrets in');
    expect(missing.outputs['message']).toContain('name: action-update-secret-rehearse');
    const now = await live<V1Secret>(pathOf('secrets', site.namespace, 'db'));
    expect(now.metadata?.resourceVersion).toBe(metadata?.resourceVersion);
    await expectNowhere(site, [planned, denied, missing], [OLD, NEW]);
  });
});

/** A policy of the cluster's own that refuses, and repeats what it was sent. */
async function refuseChanges(site: Site): Promise<{ remove(): Promise<void> }> {
  const name = `${site.namespace}-refuses`;
  await create(pathOf('validatingadmissionpolicies'), {
    metadata: { name },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': site.namespace } },
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], resources: ['secrets'], operations: ['UPDATE'] },
        ],
      },
      validations: [
        {
          expression: 'false',
          messageExpression: "'a webhook or policy that repeats ' + string(object.data['password'])",
        },
      ],
    },
  });
  const binding = { metadata: { name }, spec: { policyName: name, validationActions: ['Deny'] } };
  await create(pathOf('validatingadmissionpolicybindings'), binding);
  await untilRefused(site);
  return {
    remove: async () => {
      await remove(pathOf('validatingadmissionpolicybindings', undefined, name));
      await remove(pathOf('validatingadmissionpolicies', undefined, name));
    },
  };
}

/** A new policy takes about a second to work. */
async function untilRefused(site: Site): Promise<void> {
  const path = `${pathOf('secrets', site.namespace, 'db')}?dryRun=All`;
  await askUntil(async () => {
    const { status } = await ask('PATCH', path, { metadata: { labels: { a: 'b' } } }, MERGE);
    return status >= 400 ? undefined : 'the policy refuses nothing';
  });
}
