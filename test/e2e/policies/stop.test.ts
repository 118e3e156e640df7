/** Stopping an execution, and taking away with its Job what would undo it, needs the right to have started it. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bind } from '../harness/bindings.ts';
import { pathOf, read, remove, untilObject } from '../harness/cluster.ts';
import { bindingOf, EXECUTOR_NAMESPACE, openSite, type Site } from '../harness/site.ts';
import { type Installation, JOBS, jobFor, readInstallation, untilPod } from './executions.ts';
import { bearer, type Identity, MERGE, type Said } from './identities.ts';

const ACTION = 'scale-deployment';

let site: Site;
let caller: Identity;
let installation: Installation;
let job: V1Job;
let pod: string;

/** An execution whose plan never comes: it is there, and waits. */
beforeAll(async () => {
  site = await openSite([ACTION]);
  caller = bearer(site.token);
  installation = await readInstallation();
  job = newJob();
  await caller({ method: 'POST', path: JOBS, body: job });
  pod = pathOf('pods', EXECUTOR_NAMESPACE, (await untilPod(job.metadata?.name ?? '')).name);
});
afterAll(async () => {
  await remove(jobPath());
  await site.close();
});

function newJob(): V1Job {
  const createdBy = `system:serviceaccount:${site.namespace}:caller`;
  return jobFor({ installation, namespace: site.namespace, createdBy });
}

function jobPath(): string {
  return `${JOBS}/${job.metadata?.name}`;
}

async function deleteJob(body?: object): Promise<Said> {
  return await caller({ method: 'DELETE', path: jobPath(), body });
}

async function shorten(): Promise<Said> {
  const body = { spec: { activeDeadlineSeconds: 60 } };
  return await caller({ method: 'PATCH', path: pod, contentType: MERGE, body });
}

test('who may only plan stops nothing and takes no record away', async () => {
  await site.demoteToPlan(ACTION);
  expect(await deleteJob({ dryRun: ['All'] })).toMatchObject({ status: 403 });
  const rehearsed = await caller({ method: 'POST', path: `${JOBS}?dryRun=All`, body: newJob() });
  expect(rehearsed).toMatchObject({ status: 201 });
  for (const said of [await deleteJob(), await deleteJob({ gracePeriodSeconds: 0 }), await shorten()]) {
    expect(said.message).toMatch(/may not stop an execution of scale-deployment in namespace/);
    expect(said.status).toBe(403);
  }
  expect((await read<V1Job>(jobPath()))?.metadata?.deletionTimestamp).toBeUndefined();
  expect((await read<V1Pod>(pod))?.spec?.activeDeadlineSeconds).not.toBe(60);
});

test('who may execute does both', async () => {
  const role = { kind: 'ClusterRole', name: `kubernetes-executor:${ACTION}:execute` };
  const caller = { name: 'caller', namespace: site.namespace };
  await bind(site.namespace, bindingOf(`caller-${ACTION}`, role, caller));
  expect(await shorten()).toMatchObject({ status: 200 });
  expect((await read<V1Pod>(pod))?.spec?.activeDeadlineSeconds).toBe(60);
  expect(await deleteJob({ propagationPolicy: 'Background' })).toMatchObject({ status: 200 });
  expect(await untilObject(jobPath(), (found) => found === undefined)).toBeUndefined();
});
