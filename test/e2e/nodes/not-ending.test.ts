/** What ends an executor before its time, or keeps it from ending, is told in the cluster's words, with what became of the change. */
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { describe, expect, onTestFinished } from 'vitest';
import { ask, create, list, patch, pathOf, remove, untilObject } from '../harness/cluster.ts';
import { kill, stop } from '../harness/components.ts';
import { live, untilNothingLeft } from '../harness/executions.ts';
import { expectStep } from '../harness/expect-step.ts';
import { exhaustMemory, fillStorage, forgetContainer, killContainer } from '../harness/nodes.ts';
import type { RunningStep } from '../harness/run-action.ts';
import { EXECUTOR_NAMESPACE, type Site } from '../harness/site.ts';
import { isOwnCluster, test } from '../harness/test.ts';
import { jobOf, replicasOf, startVerifying } from '../harness/verifying.ts';
import { BUSYBOX, deploy } from '../harness/workloads.ts';
import { expectOverSoon, SCALE } from './expect-not-started.ts';
import { cordonAll } from './node-site.ts';
import { alterPods } from './pod-admission.ts';

/** The step ends soon; its executor has undone what it had changed, and says who had it stop, in all of these words. */
async function expectUndone(site: Site, running: RunningStep, words: readonly RegExp[]): Promise<void> {
  await expectOverSoon(running);
  const step = await running.finished;
  expectStep(step, 'rolled-back', 'interrupted');
  expect(step.outputs['changed']).toBe('false');
  for (const word of [...words, /Undone and verified/]) expect(step.outputs['message']).toMatch(word);
  expect(await replicasOf(site)).toBe(0);
  await untilNothingLeft(site.namespace);
}

/** The step ends soon, knows that it does not know what was done, and says why in all of these words. */
async function expectLost(running: RunningStep, words: readonly RegExp[]): Promise<void> {
  await expectOverSoon(running);
  const step = await running.finished;
  expectStep(step, 'failed', 'executor-lost');
  expect(step.outputs['changed']).toBe('true');
  for (const word of [...words, /not known what it had done.*Look at the target/])
    expect(step.outputs['message']).toMatch(word);
}

/** A pod of higher priority that fits on an empty node alone. */
async function startUrgentPod(site: Site): Promise<void> {
  const classes = pathOf('priorityclasses');
  onTestFinished(() => remove(`${classes}/urgent`));
  await create(classes, { metadata: { name: 'urgent' }, value: 1000 });
  const [node] = await list<V1Node>(pathOf('nodes'));
  const resources = { requests: { cpu: `${Number(node?.status?.allocatable?.['cpu']) * 1000 - 20}m` } };
  const containers = [{ name: 'urgent', image: BUSYBOX, command: ['sleep', '3600'], resources }];
  await create(pathOf('pods', site.namespace), {
    metadata: { name: 'urgent' },
    spec: { priorityClassName: 'urgent', terminationGracePeriodSeconds: 0, containers },
  });
}

function condition(type: string, status: string) {
  return (object: V1Pod | V1Node | undefined): boolean =>
    object?.status?.conditions?.some((one) => one.type === type && one.status === status) ?? false;
}

describe.skipIf(!isOwnCluster)("an executor's pod", () => {
  test('that is out of memory before it has begun has changed nothing', async ({ site }) => {
    await alterPods({
      '/spec/containers/0/resources':
        'Object.spec.containers.resources{limits: {"memory": "8Mi"}, requests: {"memory": "8Mi"}}',
    });
    await deploy(site.namespace, 'web');
    const running = site.start(SCALE);
    await jobOf(running);
    await expectOverSoon(running);
    const step = await running.finished;
    expectStep(step, 'failed', 'executor-lost');
    expect(step.outputs['changed']).toBe('false');
    expect(step.outputs['message']).toMatch(
      /before it had begun, so nothing was changed: the container of pod\/\S+ ended with exit code 137 \(OOMKilled\).*look for what has lowered that/,
    );
    expect(await replicasOf(site)).toBe(1);
    await untilNothingLeft(site.namespace);
  });

  test('that is out of memory amid its change is told as lost', async ({ site }) => {
    const { running, pod } = await startVerifying(site);
    await exhaustMemory(await live<V1Pod>(pod));
    await expectLost(running, [
      /the container of pod\/\S+ ended with exit code 137 \(OOMKilled\)/,
      /look for what has lowered that/,
    ]);
  });

  test('that is evicted undoes its change', async ({ site }) => {
    const { running, pod } = await startVerifying(site);
    const metadata = { name: pod.slice(pod.lastIndexOf('/') + 1), namespace: EXECUTOR_NAMESPACE };
    await create(`${pod}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata });
    await expectUndone(site, running, [
      /pod\/\S+: EvictionByEvictionAPI: Eviction API: evicting/,
      /run the action again/,
    ]);
  });

  // It gives its container 2 s to end, whatever the pod asks for; on a slow machine that is less than an undo takes.
  test('that the kubelet evicts has undone its change, or is told as lost', async ({ site }) => {
    await alterPods({
      '/spec/containers/0/resources':
        'Object.spec.containers.resources{limits: {"ephemeral-storage": "10Mi"}, requests: {"ephemeral-storage": "1"}}',
    });
    const { running, pod } = await startVerifying(site);
    await fillStorage(await live<V1Pod>(pod));
    const words = [/pod\/\S+: .*ephemeral/, /Make room on that node/];
    const { outputs } = await running.finished;
    if (outputs['result'] === 'failed') await expectLost(running, [...words, /exit code 137/]);
    else await expectUndone(site, running, words);
  });

  test('that is preempted undoes its change', async ({ site }) => {
    await cordonAll('node-1');
    const { running } = await startVerifying(site);
    await startUrgentPod(site);
    await expectUndone(site, running, [
      /pod\/\S+: PreemptionByScheduler: default-scheduler: preempting/,
      /Make room for pods of lower priority/,
    ]);
  });

  test('that the kubelet has lost sight of is told as lost', async ({ site }) => {
    const { running, pod } = await startVerifying(site);
    const seen = await live<V1Pod>(pod);
    const node = seen.spec?.nodeName?.replace('node-', '') ?? '';
    const begin = await stop(`kubelet-${node}`);
    await forgetContainer(seen);
    await kill(`containerd-${node}`);
    await begin();
    await expectLost(running, [/ended with exit code 137 \(ContainerStatusUnknown\).*could not be located/]);
  });

  // The node controller waits 50 s before it says so.
  test('whose node is lost is waited for while it goes on, and told as lost when it does not', async ({
    site,
  }) => {
    const { running, pod } = await startVerifying(site);
    const seen = await live<V1Pod>(pod);
    const node = seen.spec?.nodeName ?? '';
    const begin = await stop(node.replace('node', 'kubelet'));
    await running.untilLine(/^node \S+ of pod\/\S+ does not report any more.*the executor may go on there/);
    expect(condition('Ready', 'False')(await live<V1Pod>(pod))).toBe(true);
    await killContainer(seen);
    await expectLost(running, [
      /node \S+ of pod\/\S+ does not report any more/,
      /has not renewed its lock/,
      /Look at that node/,
    ]);
    await begin();
    await untilObject<V1Node>(pathOf('nodes', undefined, node), condition('Ready', 'True'));
  });
});

describe.skipIf(!isOwnCluster)("an executor's Job", () => {
  test.for(['Background', 'Foreground'])(
    'that somebody deletes has its change undone (%s)',
    async (propagationPolicy, { site }) => {
      const { running, job } = await startVerifying(site);
      await ask('DELETE', job, { propagationPolicy });
      await expectUndone(site, running, [
        /job\/scale-deployment-\w+ was deleted by somebody else/,
        /audit log says by whom/,
      ]);
    },
  );

  test('that somebody suspends has its change undone', async ({ site }) => {
    const { running, job } = await startVerifying(site);
    await patch(job, { spec: { suspend: true } });
    // It stays as it is otherwise, and is never collected.
    const removed = running.finished.then(() => remove(job));
    await expectUndone(site, running, [
      /job\/scale-deployment-\w+ was suspended by somebody else/,
      /Delete that Job/,
    ]);
    await removed;
  });

  test('whose deadline somebody has lowered has its change undone', async ({ site }) => {
    const { running, job } = await startVerifying(site);
    await patch(job, { spec: { activeDeadlineSeconds: 1 } });
    await expectUndone(site, running, [
      /job\/scale-deployment-\w+ failed: DeadlineExceeded: Job was active longer than specified deadline/,
      /Somebody has lowered the deadline/,
    ]);
  });

  test('that is gone as soon as it has ended leaves its verdict and its log', async ({ site }) => {
    const { running, job, finish } = await startVerifying(site);
    await patch(job, { spec: { ttlSecondsAfterFinished: 0 } });
    // Its log is being followed.
    await running.untilLine(/^│ /);
    const step = await finish();
    expect(step.log.shown.join('\n')).not.toMatch(/could not be read|incomplete/);
    expect(await replicasOf(site)).toBe(1);
    await untilObject(job, (object) => object === undefined);
  });
});
