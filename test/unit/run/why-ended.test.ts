import { describe, expect, it } from 'vitest';
import type { Seen } from '../../../src/run/execution-watches.ts';
import { describeLoss, whyStopped } from '../../../src/run/why-ended.ts';
import { POD_NAME } from '../execute/executions.ts';
import { JOB, podWith, RUNNING, seen } from './jobs.ts';

function disrupted(reason: string, message: string, status: object = {}) {
  const conditions = [{ type: 'DisruptionTarget', status: 'True', reason, message }];
  return podWith({ running: {} }, { conditions, ...status });
}

const preempted = disrupted('PreemptionByScheduler', 'default-scheduler: preempting');
const evicted = disrupted('TerminationByKubelet', 'The node was low on resource: memory.', {
  phase: 'Failed',
  reason: 'Evicted',
  message: 'The node was low on resource: memory.',
});

describe('whyStopped', () => {
  it.each<[string, Partial<Seen>, string]>([
    ['deleted Job', { isJobDeleted: true }, `job/${JOB.name} was deleted by somebody else`],
    ['suspended Job', { job: 'suspended' }, `job/${JOB.name} was suspended by somebody else`],
    ['deadline', { jobFailure: 'DeadlineExceeded: too long' }, 'failed: DeadlineExceeded: too long'],
    ['preemption', { pod: preempted }, `pod/${POD_NAME}: PreemptionByScheduler: default-scheduler`],
    ['eviction', { pod: evicted }, 'Evicted: The node was low on resource: memory; TerminationByKubelet'],
    [
      'deleted pod',
      { pod: { ...RUNNING, metadata: { ...RUNNING.metadata, deletionTimestamp: '12:00' } } },
      `pod/${POD_NAME} was deleted by somebody else`,
    ],
  ])('tells a %s by its object, in the words of the cluster', (_name, over, words) => {
    expect(whyStopped(seen(over), JOB)).toContain(words);
  });

  it.each<[string, Partial<Seen>]>([
    ['nothing is known', {}],
    ['there is no pod', { pod: undefined }],
    ['the Job has failed with its pod', { jobFailure: 'BackoffLimitExceeded: reached the limit' }],
  ])('is silent where %s', (_name, over) => {
    expect(whyStopped(seen(over), JOB)).toBe('');
  });
});

describe('describeLoss', () => {
  it('tells of a container that the kubelet has lost', () => {
    // As the kubelet writes it when it comes back and the runtime does not know the container any more.
    const pod = podWith(
      {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was terminated',
          startedAt: null,
          finishedAt: null,
        },
      },
      { phase: 'Failed' },
    );
    const told = describeLoss(seen({ pod, jobFailure: 'BackoffLimitExceeded: reached the limit' }), JOB);
    expect(told).toBe(
      `the container of pod/${POD_NAME} ended with exit code 137 (ContainerStatusUnknown) without a verdict: The container could not be located when the pod was terminated`,
    );
  });

  it('has the words of the Job controller where there is nothing else', () => {
    const jobFailure = 'BackoffLimitExceeded: reached the limit';
    expect(describeLoss(seen({ pod: undefined, jobFailure }), JOB)).toContain(jobFailure);
  });
});
