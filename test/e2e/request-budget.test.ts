/** What one execution may ask of the API server, stage by stage; a number that grows must be worth it. */
import { readFileSync } from 'node:fs';
import { expect, inject, onTestFinished } from 'vitest';
import { kubeconfigOf } from '../../bench/place.ts';
import { openRecordingProxy, type Recorded } from '../../bench/recording-proxy.ts';
import { pathOf } from './harness/cluster.ts';
import { expectStep } from './harness/expect-step.ts';
import type { Step } from './harness/run-action.ts';
import { EXECUTOR_NAMESPACE } from './harness/site.ts';
import { testWith } from './harness/test.ts';
import { deploy } from './harness/workloads.ts';

const test = testWith(['scale-deployment', 'collect-logs']);

/**
 * All that is sent until a milestone, since what is sent beside something else (the watch of the pods beside the
 * plan's Secret) falls before a milestone or behind it.
 */
const SCALE_BUDGET = {
  connected: 17,
  observed: 31,
  planned: 31,
  rehearsed: 34,
  'job created': 42,
  'executor started': 43,
  succeeded: 44,
};

const EXECUTOR_PODS = pathOf('pods', EXECUTOR_NAMESPACE);

interface Milestone {
  readonly event: string;
  readonly at: string;
}

function timelineOf(step: Step): readonly Milestone[] {
  const report = JSON.parse(readFileSync(step.outputs['report-file'] ?? '', 'utf8')) as {
    status: { timeline: readonly Milestone[] };
  };
  return report.status.timeline;
}

/**
 * Without those that are sent again because of the state of the cluster: what it had no answer to, a log whose container
 * has not started, and the executor's log where its end came before its verdict. Events are asked for where the start is
 * slow, as on a machine that is busy.
 */
function plannedOf(requests: readonly Recorded[]): readonly Recorded[] {
  const answered = requests.filter(({ path, status = 500 }) => {
    const isEarly = status === 400 && path.includes('/log?');
    return !isEarly && status !== 429 && status < 500 && !path.includes('/events');
  });
  const own = answered.filter(({ path }) => path.startsWith(`${EXECUTOR_PODS}/`) && path.includes('/log?'));
  return answered.filter((request) => !own.slice(1).includes(request));
}

function sentUntil(milestone: string, timeline: readonly Milestone[], requests: readonly Recorded[]): number {
  const reached = timeline.find(({ event }) => event === milestone);
  expect(reached, `${milestone} in ${JSON.stringify(timeline)}`).toBeDefined();
  // What is sent in the milestone's own millisecond comes after it: what was sent before it has been answered since.
  return requests.filter(({ atMs }) => atMs < Date.parse(reached?.at ?? '')).length;
}

async function openProxy() {
  const { server, certificateAuthority } = inject('cluster');
  const proxy = await openRecordingProxy({ server, certificateAuthority });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return proxy;
}

test('a change of one object asks the API server no more than its budget', async ({ site }) => {
  await deploy(site.namespace, 'web');
  const proxy = await openProxy();
  const kubeconfig = kubeconfigOf(proxy.address, site.namespace, site.token);
  const step = await site.run({
    kubeconfig,
    action: 'scale-deployment',
    target: 'deployment/web',
    parameters: 'replicas: 2',
  });
  expectStep(step, 'succeeded', 'ok');
  const requests = plannedOf(proxy.requests);
  const timeline = timelineOf(step);
  const said = requests.map(({ method, path, status }) => `${method} ${path} ${status}`).join('\n');
  for (const [milestone, most] of Object.entries(SCALE_BUDGET))
    expect(sentUntil(milestone, timeline, requests), `until ${milestone}:\n${said}`).toBeLessThanOrEqual(
      most,
    );
  expect(requests.length, said).toBeLessThanOrEqual(44);
});

test('a further target costs three requests: the end of its log, the log, and whether it is still the same pod', async ({
  site,
}) => {
  await deploy(site.namespace, 'one', { script: 'echo one; sleep 2147483647', labels: { team: 'a' } });
  await deploy(site.namespace, 'two', { script: 'echo two; sleep 2147483647', labels: { team: 'b' } });
  await deploy(site.namespace, 'three', { script: 'echo three; sleep 2147483647', labels: { team: 'b' } });
  const proxy = await openProxy();
  const kubeconfig = kubeconfigOf(proxy.address, site.namespace, site.token);
  const counts: number[] = [];
  for (const selector of ['app in (one)', 'app in (one,two,three)']) {
    proxy.forget();
    const step = await site.run({ kubeconfig, action: 'collect-logs', selector, 'max-targets': '3' });
    expectStep(step, 'succeeded', 'ok');
    counts.push(plannedOf(proxy.requests).length);
  }
  expect((counts[1] ?? 0) - (counts[0] ?? 0), counts.join(' and ')).toBe(2 * 3);
});
