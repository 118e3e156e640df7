/** Following the log of a container that runs: what the executor's log goes through, by the same code. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { describe, expect, inject } from 'vitest';
import { openAccess } from '../../src/cluster/credentials/open-access.ts';
import { type FollowedLog, followLog } from '../../src/cluster/pod-log.ts';
import { openApiServer } from '../../src/cluster/transport.ts';
import { ask, list, patch, pathOf, read } from '../e2e/harness/cluster.ts';
import { untilJob } from '../e2e/harness/executions.ts';
import { expectStep } from '../e2e/harness/expect-step.ts';
import { EXECUTOR_NAMESPACE, type Site } from '../e2e/harness/site.ts';
import { testWith } from '../e2e/harness/test.ts';
import { deploy } from '../e2e/harness/workloads.ts';
import { kill, limitContainerLogs, openIdleCutter } from './faults.ts';
import { printLines, startPrinting, untilPhase } from './printing.ts';

const test = testWith(['scale-deployment']);

interface Followed extends FollowedLog {
  /** The numbers that the lines begin with, in the order in which they came; a gap is -1. */
  readonly numbers: readonly number[];
}

/** Follows a pod of numbered lines to its end, as the administrator, perhaps by way of another address. */
async function follow(site: Site, pod: string, url?: string): Promise<Followed> {
  const kubeconfig = readFileSync(inject('cluster').kubeconfig, 'utf8');
  const access = await openAccess({ kind: 'kubeconfig', kubeconfig }, {});
  const host = new URL(access.url).hostname;
  const api = openApiServer(url === undefined ? access : { ...access, url, tlsServerName: host });
  const numbers: number[] = [];
  const path = pathOf('pods', site.namespace, pod);
  const ended = async (): Promise<boolean> => {
    const phase = (await read<V1Pod>(path).catch(() => undefined))?.status?.phase;
    return phase === 'Succeeded' || phase === 'Failed';
  };
  const { signal } = new AbortController();
  try {
    const followed = await followLog(
      api,
      { namespace: site.namespace, pod, container: 'app', signal, ended },
      ({ bytes }) => void numbers.push(Number(bytes.toString('latin1', 0, 7))),
      () => void numbers.push(-1),
    );
    return { ...followed, numbers };
  } finally {
    api.close();
  }
}

/** Each number must come once, in order. */
function findFaults(numbers: readonly number[]): readonly string[] {
  const lines = numbers.filter((number) => number !== -1);
  return lines.flatMap((number, index) =>
    number > (lines[index - 1] ?? -1) ? [] : [`${number} came again, or late`],
  );
}

describe('a log that is followed', () => {
  test('is whole where the API server is killed three times', async ({ site }) => {
    await limitContainerLogs('1Gi');
    const script = Array.from({ length: 20 }, (_, part) => `${printLines(part * 1000, 1000)}; sleep 1`).join(
      '; ',
    );
    await startPrinting(site, 'talk', script);
    await untilPhase(site, 'talk', 'Running');
    const following = follow(site, 'talk');
    for (const _ of [1, 2, 3]) {
      await pause(4000);
      await kill('kube-apiserver');
    }
    const { numbers, complete, lines } = await following;
    expect(findFaults(numbers)).toEqual([]);
    expect({ complete, lines }).toEqual({ complete: true, lines: 20_000 });
  });

  test('is whole where a load balancer cuts whatever is silent for two seconds', async ({ site }) => {
    const script = Array.from({ length: 6 }, (_, part) => `${printLines(part * 10, 10)}; sleep 4`).join('; ');
    await startPrinting(site, 'seldom', script);
    await untilPhase(site, 'seldom', 'Running');
    await using cutter = await openIdleCutter(inject('cluster').server, 2000);
    const { numbers, complete, lines } = await follow(site, 'seldom', cutter.url);
    expect(findFaults(numbers)).toEqual([]);
    expect({ complete, lines }).toEqual({ complete: true, lines: 60 });
    expect(cutter.cuts()).toBeGreaterThanOrEqual(4);
  });

  test('is never called complete where rotation took lines away', async ({ site }) => {
    await limitContainerLogs('1Mi');
    const script = Array.from(
      { length: 60 },
      (_, part) => `${printLines(part * 4000, 4000)}; sleep 0.5`,
    ).join('; ');
    await startPrinting(site, 'much', script);
    await untilPhase(site, 'much', 'Running');
    const following = follow(site, 'much');
    for (const _ of [1, 2, 3]) {
      await pause(6000);
      await kill('kube-apiserver');
    }
    const { numbers, complete, lines, gaps } = await following;
    console.log(`${lines} of 240000 lines, gaps: ${gaps.map(({ reason }) => reason).join(', ') || 'none'}`);
    expect(findFaults(numbers)).toEqual([]);
    expect(lines).toBeLessThan(240_000);
    expect(complete).toBe(false);
    expect(numbers).toContain(-1);
    await limitContainerLogs('1Gi');
  });
});

describe("the executor's log", () => {
  test('is whole where the API server is killed three times while it waits', async ({ site }) => {
    await deploy(site.namespace, 'web', {
      spec: { minReadySeconds: 600, progressDeadlineSeconds: 900 },
      replicas: 0,
    });
    const running = site.start({
      action: 'scale-deployment',
      target: 'deployment/web',
      parameters: 'replicas: 1',
      'verify-timeout': '3m',
    });
    await untilJob(site.namespace);
    for (const _ of [1, 2, 3]) {
      await running.untilLine(/^│ waiting: /);
      await pause(5000);
      await kill('kube-apiserver');
    }
    await pause(5000);
    await patch(pathOf('deployments', site.namespace, 'web'), { spec: { minReadySeconds: 0 } });
    const step = await running.finished;
    expectStep(step, 'succeeded', 'ok');
    expect(step.outputs['logs-complete']).toBe('true');
    const query = `labelSelector=batch.kubernetes.io/job-name%3D${step.outputs['job-name'] ?? ''}`;
    const [pod] = await list<V1Pod>(pathOf('pods', EXECUTOR_NAMESPACE), query);
    const there = await ask('GET', `${pathOf('pods', EXECUTOR_NAMESPACE, pod?.metadata?.name)}/log`);
    const ours = readFileSync(join(dirname(step.outputs['report-file'] ?? ''), 'execution.log'), 'utf8');
    expect(ours).toBe(there.text);
  });
});
