import { describe, expect, it } from 'vitest';
import { describeWaiting, findStartFailure, waitsForNode } from '../../../src/run/start-failure.ts';
import { executorPod, POD_NAME } from '../execute/executions.ts';
import { JOB, podWith, RUNNING, waiting, warning } from './jobs.ts';

const UNSCHEDULED = {
  ...executorPod(),
  status: {
    phase: 'Pending',
    conditions: [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' },
    ],
  },
};
const forbidden = warning(JOB.name, 'FailedCreate', 'pods "x" is forbidden: violates PodSecurity');

describe('findStartFailure', () => {
  it.each([
    ['nothing is known', { pod: undefined, warnings: [], pullFailures: 0 }],
    ['it is pulled for the first time', { pod: waiting('ErrImagePull'), warnings: [], pullFailures: 1 }],
    ['its volumes are mounted', { pod: waiting('ContainerCreating'), warnings: [], pullFailures: 0 }],
    ['no node takes it', { pod: UNSCHEDULED, warnings: [], pullFailures: 0 }],
    ['it runs', { pod: RUNNING, warnings: [forbidden], pullFailures: 0 }],
    [
      'an Event says what heals by itself',
      { pod: undefined, warnings: [warning(JOB.name, 'FailedMount', 'x')], pullFailures: 0 },
    ],
  ])('waits where %s', (_name, state) => {
    expect(findStartFailure(state)).toBeUndefined();
  });

  it('ends where the pod can not even be made', () => {
    expect(findStartFailure({ pod: undefined, warnings: [forbidden], pullFailures: 0 })).toEqual({
      reasonCode: 'job-not-started',
      message: expect.stringContaining('violates PodSecurity'),
    });
  });

  it.each([
    ['ImagePullBackOff', 2, 'image-pull-failed'],
    ['InvalidImageName', 0, 'image-pull-failed'],
    ['CreateContainerConfigError', 0, 'container-failing'],
  ])('ends where its container is in %s', (reason, pullFailures, reasonCode) => {
    const failure = findStartFailure({ pod: waiting(reason), warnings: [], pullFailures });
    expect(failure?.reasonCode).toBe(reasonCode);
    expect(failure?.message).toContain(`about ${reason}`);
  });
});

describe('describeWaiting', () => {
  it('tells what the pod waits for, with the newest warning', () => {
    const warnings = [warning(POD_NAME, 'FailedMount', 'old'), warning(POD_NAME, 'FailedMount', 'new')];
    const text = describeWaiting({ pod: UNSCHEDULED, warnings, pullFailures: 0 });
    expect(text).toContain('0/3 nodes are available');
    expect(text).toContain('FailedMount: new');
    expect(text).not.toContain('old');
  });

  it('says where there is no pod yet', () => {
    expect(describeWaiting({ pod: undefined, warnings: [], pullFailures: 0 })).toBe('the Job has no pod yet');
  });
});

describe('waitsForNode', () => {
  it('holds for a pod that the scheduler finds no node for', () => {
    expect(waitsForNode(UNSCHEDULED)).toBe(true);
    expect(waitsForNode(podWith({}))).toBe(false);
    expect(waitsForNode(undefined)).toBe(false);
  });
});
