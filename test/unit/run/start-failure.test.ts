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

function failedCreates(messages: readonly string[]) {
  return messages.map((message, at) => warning(JOB.name, 'FailedCreate', message, `12:0${at}`));
}

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

  const webhook = 'Internal error occurred: failed calling webhook "x": context deadline exceeded';
  it.each([
    ['the webhook that is asked for it is away, however often', [webhook, webhook]],
    ['it was refused once, for no reason that lasts', ['the server could not find the requested resource']],
    ['the quota is not counted yet', ['pods "x" is forbidden: status unknown for quota: pods']],
  ])('waits for a pod where %s', (_name, messages) => {
    expect(findStartFailure({ pod: undefined, warnings: failedCreates(messages), pullFailures: 0 })).toBe(
      undefined,
    );
  });

  it.each([
    ['a quota', ['pods "x" is forbidden: exceeded quota: pods, requested: pods=1']],
    ['a LimitRange', ['pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2']],
    ['a policy', ['pods "x" is forbidden: ValidatingAdmissionPolicy \'p\' denied request: no']],
    ['a webhook', ['admission webhook "x" denied the request: no']],
    ['a missing account', ['error looking up service account a/x: serviceaccount "x" not found']],
    ['anything, again', ['the server said no', 'the server said no again']],
  ])('ends where the pod is refused by %s', (_name, messages) => {
    const failure = findStartFailure({ pod: undefined, warnings: failedCreates(messages), pullFailures: 0 });
    expect(failure).toMatchObject({ reasonCode: 'job-not-started' });
    expect(failure?.message).toContain(messages.at(-1));
  });

  it('counts one Event that tells of several attempts', () => {
    const [event] = failedCreates(['the server said no']);
    const warnings = event ? [{ ...event, count: 2 }] : [];
    expect(findStartFailure({ pod: undefined, warnings, pullFailures: 0 })?.reasonCode).toBe(
      'job-not-started',
    );
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
