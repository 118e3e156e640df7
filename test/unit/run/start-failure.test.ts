import { describe, expect, it } from 'vitest';
import { hasStarted } from '../../../src/job/execution-job.ts';
import {
  describeWaiting,
  findStartFailure,
  isTelling,
  type StartState,
} from '../../../src/run/start-failure.ts';
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

function stateOf(over: Partial<StartState> = {}): StartState {
  return { job: JOB.name, pod: undefined, events: [], eventsBefore: [], pullFailures: 0, ...over };
}

function failedCreates(messages: readonly string[]) {
  return messages.map((message, at) => warning(JOB.name, 'FailedCreate', message, `12:0${at}`));
}

describe('findStartFailure', () => {
  it.each([
    ['nothing is known', stateOf()],
    ['it is pulled for the first time', stateOf({ pod: waiting('ErrImagePull'), pullFailures: 1 })],
    ['its volumes are mounted', stateOf({ pod: waiting('ContainerCreating') })],
    ['no node takes it', stateOf({ pod: UNSCHEDULED })],
    ['it runs', stateOf({ pod: RUNNING, events: [forbidden] })],
    ['an Event says what heals by itself', stateOf({ events: [warning(JOB.name, 'FailedMount', 'x')] })],
  ])('waits where %s', (_name, state) => {
    expect(findStartFailure(state)).toBeUndefined();
  });

  const webhook = 'Internal error occurred: failed calling webhook "x": context deadline exceeded';
  it.each([
    ['the webhook that is asked for it is away, however often', [webhook, webhook]],
    ['it was refused once, for no reason that lasts', ['the server could not find the requested resource']],
    ['the quota is not counted yet', ['pods "x" is forbidden: status unknown for quota: pods']],
  ])('waits for a pod where %s', (_name, messages) => {
    expect(findStartFailure(stateOf({ events: failedCreates(messages) }))).toBe(undefined);
  });

  it.each([
    ['a quota', ['pods "x" is forbidden: exceeded quota: pods, requested: pods=1']],
    ['a LimitRange', ['pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2']],
    ['a policy', ['pods "x" is forbidden: ValidatingAdmissionPolicy \'p\' denied request: no']],
    ['a webhook', ['admission webhook "x" denied the request: no']],
    ['a missing account', ['error looking up service account a/x: serviceaccount "x" not found']],
    ['anything, again', ['the server said no', 'the server said no again']],
  ])('ends where the pod is refused by %s', (_name, messages) => {
    const failure = findStartFailure(stateOf({ events: failedCreates(messages) }));
    expect(failure).toMatchObject({ reasonCode: 'job-not-started' });
    expect(failure?.message).toContain(messages.at(-1));
  });

  it('counts one Event that tells of several attempts', () => {
    const [event] = failedCreates(['the server said no']);
    const events = event ? [{ ...event, count: 2 }] : [];
    expect(findStartFailure(stateOf({ events }))?.reasonCode).toBe('job-not-started');
  });

  it('ends where the pod can not even be made', () => {
    expect(findStartFailure(stateOf({ events: [forbidden] }))).toEqual({
      reasonCode: 'job-not-started',
      message: expect.stringContaining('violates PodSecurity'),
    });
  });

  it.each([
    ['ImagePullBackOff', 2, 'image-pull-failed'],
    ['InvalidImageName', 0, 'image-pull-failed'],
    ['CreateContainerConfigError', 0, 'container-failing'],
  ])('ends where its container is in %s', (reason, pullFailures, reasonCode) => {
    const failure = findStartFailure(stateOf({ pod: waiting(reason), pullFailures }));
    expect(failure?.reasonCode).toBe(reasonCode);
    expect(failure?.message).toContain(`about ${reason}`);
  });

  it('counts the failed pulls that Events tell of, with what the registry and the kubelet said', () => {
    const pull = warning(POD_NAME, 'Failed', 'Failed to pull image "node:24": 401 Unauthorized');
    const secret = warning(POD_NAME, 'FailedToRetrieveImagePullSecret', 'no secret (registry)');
    const state = stateOf({ pod: waiting('ImagePullBackOff'), pullFailures: 1 });
    expect(findStartFailure({ ...state, events: [pull, secret] })).toBeUndefined();
    expect(findStartFailure({ ...state, events: [{ ...pull, count: 2 }, secret] })).toMatchObject({
      reasonCode: 'image-pull-failed',
      message: expect.stringMatching(/about ImagePullBackOff; 401 Unauthorized; no secret \(registry\)/),
    });
  });

  it('counts no failed pull of a busy registry', () => {
    const busy = warning(POD_NAME, 'Failed', 'Failed to pull image "node:24": 429 Too Many Requests');
    const events = [{ ...busy, count: 5 }];
    const state = stateOf({ pod: waiting('ImagePullBackOff'), pullFailures: 1, events });
    expect(findStartFailure(state)).toBeUndefined();
  });

  const missing = warning(POD_NAME, 'FailedMount', 'MountVolume failed: secret "x" not found');
  it.each([
    ['once, after it was sent', [missing], []],
    ['as often as before it was sent', [{ ...missing, count: 5 }], [{ ...missing, count: 5 }]],
    ['of a volume that is there', [{ ...missing, count: 9, message: 'timed out' }], []],
  ])('waits where a mount failed %s', (_name, events, eventsBefore) => {
    const state = stateOf({ pod: waiting('ContainerCreating'), events, eventsBefore });
    expect(findStartFailure(state)).toBeUndefined();
  });

  it.each([
    ['twice', 2, []],
    ['again', 6, [{ ...missing, count: 5 }]],
  ])('ends where what it mounts was looked for in vain %s', (_name, count, eventsBefore) => {
    const events = [{ ...missing, count }];
    const state = stateOf({ pod: waiting('ContainerCreating'), events, eventsBefore });
    expect(findStartFailure(state)).toMatchObject({
      reasonCode: 'job-not-started',
      message: expect.stringContaining(`pod/${POD_NAME}: MountVolume failed: secret "x" not found`),
    });
  });

  it('ends where the container could not be started, which the runtime dates to the beginning of time', () => {
    const terminated = { exitCode: 128, reason: 'StartError', message: 'exec: no such file' };
    const pod = podWith({ terminated: { ...terminated, startedAt: '1970-01-01T00:00:00Z' } });
    expect(hasStarted(pod)).toBe(false);
    const failure = findStartFailure(stateOf({ pod }));
    expect(failure).toMatchObject({
      reasonCode: 'container-failing',
      message: expect.stringContaining('StartError: exec: no such file'),
    });
  });
});

describe('describeWaiting', () => {
  it('tells what the pod waits for, with the newest warning', () => {
    const events = [warning(POD_NAME, 'FailedMount', 'old'), warning(POD_NAME, 'FailedMount', 'new')];
    const text = describeWaiting(stateOf({ pod: UNSCHEDULED, events }));
    expect(text).toContain('0/3 nodes are available');
    expect(text).toContain('FailedMount: new');
    expect(text).not.toContain('old');
  });

  it('tells what an autoscaler does about it, beside the newest warning', () => {
    const scaling = { ...warning(POD_NAME, 'TriggeredScaleUp', 'workers 3->4'), type: 'Normal' };
    const events = [warning(POD_NAME, 'FailedScheduling', '0/3 nodes are available'), scaling];
    expect(isTelling(scaling)).toBe(true);
    expect(isTelling({ ...scaling, reason: 'Scheduled' })).toBe(false);
    const text = describeWaiting(stateOf({ pod: UNSCHEDULED, events }));
    expect(text).toMatch(/0\/3 nodes are available; TriggeredScaleUp: workers 3->4$/);
  });

  it('says where there is no pod yet', () => {
    expect(describeWaiting(stateOf())).toBe(`job/${JOB.name} has no pod yet`);
  });
});
