import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject } from 'vitest';
import { expectStep } from './harness/expect-step.ts';
import { makeJobFolders } from './harness/runner-environment.ts';
import { kubeconfigOf } from './harness/site.ts';
import { test } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

/** Enough to show who was let in, without a Job. */
const look = {
  action: 'scale-deployment',
  target: 'deployment/web',
  parameters: 'replicas: 2',
  mode: 'plan',
};

describe.concurrent('credentials', () => {
  test('as a kubeconfig in base64, in another context than its current one', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const config = { ...JSON.parse(site.kubeconfig), 'current-context': 'other' };
    const kubeconfig = Buffer.from(JSON.stringify(config)).toString('base64');
    const step = await site.run({ ...look, kubeconfig, context: 'test', namespace: '' });
    expectStep(step, 'planned', 'planned');
    expect(step.log.shown.join('\n')).toContain(`system:serviceaccount:${site.namespace}:caller`);
  });

  test('as server, authority and token', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const { server, certificateAuthority } = inject('cluster');
    const token = { server, 'certificate-authority': certificateAuthority, 'cluster-token': site.token };
    const step = await site.run({ ...look, kubeconfig: '', ...token });
    expectStep(step, 'planned', 'planned');
    expect([...step.log.shown, step.summary].join('\n')).not.toContain(site.token);
  });

  test('of the environment, where they are named', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const folders = makeJobFolders();
    const KUBECONFIG = join(folders.temp, 'kubeconfig');
    writeFileSync(KUBECONFIG, site.kubeconfig, { mode: 0o600 });
    const options = { folders, env: { KUBECONFIG } };
    expectStep(await site.run({ ...look, kubeconfig: '' }, options), 'refused', 'credentials-missing');
    const named = { ...look, kubeconfig: '', credentials: 'environment' };
    expectStep(await site.run(named, options), 'planned', 'planned');
  });

  test('that the server refuses are not called a missing right', async ({ site }) => {
    const forged = `${site.token.slice(0, -8)}AAAAAAAA`;
    const step = await site.run({ ...look, kubeconfig: kubeconfigOf(site.namespace, forged) });
    expectStep(step, 'failed', 'credentials-invalid');
    expect(step.outputs['message']).toContain('does not accept');
  });
});
