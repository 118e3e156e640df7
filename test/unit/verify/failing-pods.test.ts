import { describe, expect, it } from 'vitest';
import {
  describePod,
  findFailingPod,
  isPullFailing,
  isReady,
  unschedulableMessage,
} from '../../../src/verify/failing-pods.ts';
import { pod } from '../catalog/cluster-objects.ts';
import { crashingPod, leaving, notReady, unscheduledPod, viewOf, waitingPod } from './views.ts';

function find(failing: ReturnType<typeof pod>, pullFailures = 0) {
  return findFailingPod([pod('web-1'), failing], viewOf({ now: [], pullFailures }));
}

describe('findFailingPod', () => {
  it.each([
    ['ErrImagePull', 2],
    ['ImagePullBackOff', 2],
    ['RegistryUnavailable', 3],
    ['InvalidImageName', 0],
    ['ErrImageNeverPull', 0],
  ])('tells %s after %i failed pulls with image and message', (reason, pulls) => {
    const failed = find(waitingPod(reason), pulls);
    expect(failed).toMatchObject({ kind: 'failed', reasonCode: 'image-pull-failed' });
    expect(failed?.detail).toContain('pod/web-new, container app');
    expect(failed?.detail).toContain('web:2');
    expect(failed?.detail).toContain(`about ${reason}`);
  });

  it.each(['ErrImagePull', 'ImagePullBackOff'])('lets one failed pull (%s) be tried again', (reason) => {
    expect(find(waitingPod(reason), 1)).toBeUndefined();
  });

  it.each(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'])(
    'tells %s with its message',
    (reason) => {
      expect(find(waitingPod(reason))).toMatchObject({
        reasonCode: 'container-failing',
        detail: expect.stringContaining(`about ${reason}`),
      });
    },
  );

  it.each([
    ['CreateContainerConfigError', 'failed to sync secret cache: timed out waiting for the condition'],
    [
      'RunContainerError',
      'rpc error: code = Unavailable desc = error reading from server: EOF: connection refused',
    ],
    ['CreateContainerError', 'context deadline exceeded'],
  ])('waits where the kubelet could not go on for the time being (%s)', (reason, message) => {
    expect(find(waitingPod(reason, { message }))).toBeUndefined();
  });

  it('tells a container that keeps ending, with how it ended', () => {
    expect(find(crashingPod(1))).toBeUndefined();
    const failed = find(crashingPod(2));
    expect(failed?.reasonCode).toBe('container-failing');
    expect(failed?.detail).toMatch(/2 restarts.*exit code 137, OOMKilled/);
  });

  it('has more patience with one of several workloads, which may need each other', () => {
    const among = (restarts: number) =>
      findFailingPod([crashingPod(restarts)], viewOf({ now: [], isOfSeveral: true }));
    expect(among(4)).toBeUndefined();
    expect(among(5)?.reasonCode).toBe('container-failing');
  });

  it('waits for what somebody else may be making, but not for ever', () => {
    const wanting = waitingPod('CreateContainerConfigError', { message: 'secret "db" not found' });
    const after = (wantingSeconds: number) => findFailingPod([wanting], viewOf({ now: [], wantingSeconds }));
    expect(after(20)).toBeUndefined();
    expect(after(31)?.detail).toContain('secret "db" not found');
  });

  it.each(['pull QPS exceeded', 'toomanyrequests: You have reached your pull rate limit'])(
    'waits for a registry that serves others first (%s)',
    (message) => {
      expect(find(waitingPod('ErrImagePull', { message }), 9)).toBeUndefined();
    },
  );

  it('says so where no exit code is known', () => {
    const failed = find(waitingPod('CrashLoopBackOff', {}, { restartCount: 5 }));
    expect(failed?.detail).toContain('no exit code seen');
  });

  it('looks at init containers too', () => {
    const waiting = { reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' };
    const failing = notReady({
      initContainerStatuses: [{ name: 'migrate', image: 'm:1', state: { waiting } }],
    });
    expect(find(failing)?.detail).toContain('container migrate');
    expect(find(failing)?.detail).toContain('configmap "settings" not found');
  });

  it.each(['ContainerCreating', 'PodInitializing'])('waits for a container in %s', (reason) => {
    expect(find(waitingPod(reason), 5)).toBeUndefined();
  });

  it('leaves pods alone that were there before, or are on their way out', () => {
    const failing = waitingPod('InvalidImageName');
    expect(findFailingPod([failing], viewOf({ now: [], before: [failing] }))).toBeUndefined();
    expect(find(leaving(failing))).toBeUndefined();
  });

  it('finds nothing in pods that are well, or say nothing yet', () => {
    expect(find(pod('web-2'))).toBeUndefined();
    expect(find(pod('web-2', { status: { conditions: undefined } }))).toBeUndefined();
  });
});

describe('isPullFailing', () => {
  it.each([
    ['ErrImagePull', true],
    ['RegistryUnavailable', true],
    // Waiting for the next try is no failure of its own.
    ['ImagePullBackOff', false],
    ['ContainerCreating', false],
  ])('%s: %s', (reason, expected) => {
    expect(isPullFailing(waitingPod(reason))).toBe(expected);
  });
});

describe('isReady', () => {
  it.each([
    ['a Ready pod', pod('web-1'), true],
    ['one that is not', notReady({}), false],
    ['one on its way out', leaving(pod('web-1')), false],
    ['one without a status', pod('web-1', { status: { conditions: undefined } }), false],
  ])('%s: %s', (_name, one, expected) => {
    expect(isReady(one)).toBe(expected);
  });
});

describe('describePod', () => {
  it.each([
    ["the scheduler's words", unscheduledPod(), 'not scheduled: 0/3 nodes are available'],
    ['what its container waits for', waitingPod('ContainerCreating'), 'container app ContainerCreating'],
    ['else that it is not ready', notReady({}), 'is not ready'],
  ])('tells %s', (_name, one, text) => {
    expect(describePod(one)).toContain('pod/web-new');
    expect(describePod(one)).toContain(text);
  });

  it("has no scheduler's words about a pod that has a node", () => {
    const scheduled = notReady({ conditions: [{ type: 'PodScheduled', status: 'True' }] });
    expect(unschedulableMessage(scheduled)).toBe('');
    expect(unschedulableMessage(pod('web-1', { status: { conditions: undefined } }))).toBe('');
  });
});
