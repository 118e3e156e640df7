/** A pod that does not start tells why, with the cluster's own words and what to do; nothing is changed or left. */
import type { V1Job, V1Pod } from '@kubernetes/client-node';
import { describe, expect } from 'vitest';
import { openRecordingProxy } from '../../../bench/recording-proxy.ts';
import { create, patch, pathOf, remove, until } from '../harness/cluster.ts';
import { podsOfJob, untilJob, untilNothingLeft, untilPlanSent, untilVerdict } from '../harness/executions.ts';
import { expectStep } from '../harness/expect-step.ts';
import { EXECUTOR_NAMESPACE, kubeconfigOf } from '../harness/site.ts';
import { isOwnCluster, test } from '../harness/test.ts';
import { clusterUnderTest } from '../harness/under-test.ts';
import { untilPast } from '../harness/until-past.ts';
import { replicasOf } from '../harness/verifying.ts';
import { BUSYBOX, deploy } from '../harness/workloads.ts';
import { expectNothingDone, expectNotStarted, SCALE } from './expect-not-started.ts';
import { programName, takeAway, useImage, usePullSecret } from './installation-changes.ts';
import { cordonAll } from './node-site.ts';
import { alterPods } from './pod-admission.ts';

/** As the Cluster Autoscaler writes it. */
async function tellOfScaleUp(pod: string): Promise<void> {
  const now = new Date().toISOString();
  await create(pathOf('events', EXECUTOR_NAMESPACE), {
    metadata: { name: `${pod}.scale-up`, namespace: EXECUTOR_NAMESPACE },
    involvedObject: { kind: 'Pod', namespace: EXECUTOR_NAMESPACE, name: pod, apiVersion: 'v1' },
    type: 'Normal',
    reason: 'TriggeredScaleUp',
    message: 'pod triggered scale-up: [{workers 3->4 (max: 5)}]',
    source: { component: 'cluster-autoscaler' },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
}

describe.skipIf(!isOwnCluster)("an execution's pod", () => {
  test('that no node takes is waited for, telling what an autoscaler does about it', async ({ site }) => {
    await deploy(site.namespace, 'web');
    await cordonAll();
    const running = site.start({ ...SCALE, 'schedule-timeout': '60s' });
    const line = await running.untilLine(/waiting for the executor to start: pod\/\S+ is not scheduled/);
    await tellOfScaleUp(/pod\/(\S+)/.exec(line)?.[1] ?? '');
    await running.untilLine(/waiting for the executor to start: .*TriggeredScaleUp: pod triggered scale-up/);
    await expectNothingDone(site, await running.finished, 'schedule-timeout', [
      /pod\/\S+ is not scheduled: 0\/\d+ nodes are available: \d+ node\(s\) were unschedulable/,
      /TriggeredScaleUp: .*workers 3->4/,
      /raise schedule-timeout where an autoscaler does so/,
    ]);
  });

  test('whose image can not be pulled, nor with a pull secret that is missing', async ({ site }) => {
    await usePullSecret('action-scale-deployment', 'registry');
    await useImage('localhost:1/missing/node:24');
    await expectNotStarted(site, {}, 'image-pull-failed', [
      /pod\/\S+, container executor: \w+ for image localhost:1\/missing\/node:24: .*connection refused/,
      /Unable to retrieve some image pull secrets \(registry\)/,
      /Make that Secret in namespace kubernetes-executor/,
    ]);
  });

  test('whose image has no valid name', async ({ site }) => {
    await useImage('Not/Valid:::');
    await expectNotStarted(site, {}, 'image-pull-failed', [
      /pod\/\S+, container executor: InvalidImageName for image Not\/Valid:::: .*must be lowercase/,
      /Correct image in configmap\/executor-installation/,
    ]);
  });

  test('whose program was taken away', async ({ site }) => {
    await takeAway('configmaps', await programName());
    await expectNotStarted(site, {}, 'job-not-started', [
      /pod\/\S+: MountVolume.SetUp failed for volume "program" : configmap "executor-\w+" not found/,
      /kubectl apply -k manifests/,
    ]);
  });

  test('whose plan was taken away', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const release = await cordonAll();
    const running = site.start(SCALE);
    await remove(pathOf('secrets', EXECUTOR_NAMESPACE, await untilPlanSent(site.namespace)));
    await release();
    await expectNothingDone(site, await running.finished, 'job-not-started', [
      /pod\/\S+: MountVolume.SetUp failed for volume "plan" : secret "scale-deployment-\w+" not found/,
      /Somebody has removed the plan: run the action again/,
    ]);
  });

  test('whose container can not be created', async ({ site }) => {
    await useImage(BUSYBOX);
    await expectNotStarted(site, {}, 'container-failing', [
      /pod\/\S+, container executor: CreateContainerConfigError: .*image will run as root/,
      /The image must start Node, as another user than root/,
    ]);
  });

  test('whose container can not be started', async ({ site }) => {
    await useImage(BUSYBOX);
    await alterPods({ '/spec/securityContext/runAsUser': '65532' });
    await expectNotStarted(site, {}, 'container-failing', [
      /pod\/\S+, container executor: StartError: .*"\/executor\/executor.mjs": permission denied/,
      /The image must start Node/,
    ]);
  });
});

describe.skipIf(!isOwnCluster)("an execution's Job", () => {
  test('that somebody deletes before it starts has changed nothing', async ({ site }) => {
    await deploy(site.namespace, 'web');
    await cordonAll();
    const running = site.start(SCALE);
    await running.untilLine(/waiting for the executor to start: pod\/\S+ is not scheduled/);
    await remove(pathOf('jobs', EXECUTOR_NAMESPACE, (await untilJob(site.namespace)).metadata?.name));
    await expectNothingDone(site, await running.finished, 'executor-lost', [
      /nothing was changed: job\/scale-deployment-\w+ was deleted by somebody else/,
      /audit log says by whom; then run the action again/,
    ]);
  });

  test('that is suspended before it starts is waited for, and its time in the queue does not count', async ({
    site,
  }) => {
    await deploy(site.namespace, 'web');
    const release = await cordonAll();
    const running = site.start({ ...SCALE, 'schedule-timeout': '60s' });
    const { metadata } = await untilJob(site.namespace);
    const job = pathOf('jobs', EXECUTOR_NAMESPACE, metadata?.name);
    await patch<V1Job>(job, { spec: { suspend: true } });
    await running.untilLine(/waiting for the executor to start: job\/\S+ is suspended/);
    await release();
    await untilPast(metadata?.creationTimestamp, 65);
    await patch<V1Job>(job, { spec: { suspend: false } });
    expectStep(await running.finished, 'succeeded', 'ok');
    expect(await replicasOf(site)).toBe(2);
  });

  test('whose pod finds a node long after its runner died carries out nothing', async ({ site }) => {
    await deploy(site.namespace, 'web');
    const release = await cordonAll();
    const { server, certificateAuthority } = clusterUnderTest();
    await using proxy = await openRecordingProxy({ server, certificateAuthority });
    const kubeconfig = kubeconfigOf(site.namespace, site.token, proxy.address);
    // However late the runner dies, its step has not deleted the Job by then.
    void proxy.hold(({ method }) => method === 'DELETE');
    const running = site.start({ ...SCALE, kubeconfig, 'schedule-timeout': '10s' }, { post: false });
    const job = await untilPlanSent(site.namespace);
    running.signal('SIGKILL');
    await running.finished;
    const { metadata } = await until(podsOfJob(job), ([pod]: readonly V1Pod[]) => pod);
    // The executor allows 15 s beside it, from when its pod was created.
    await untilPast(metadata?.creationTimestamp, 28);
    await release();
    const verdict = await untilVerdict(job);
    expect(verdict).toMatchObject({ result: 'refused', reasonCode: 'schedule-timeout' });
    expect(await replicasOf(site)).toBe(1);
    await untilNothingLeft(site.namespace);
  });
});
