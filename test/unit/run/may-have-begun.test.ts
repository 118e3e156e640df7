/** What is known of an executor that left no verdict: only one that can't have begun is followed by another Job. */
import { expect, it } from 'vitest';
import { mayHaveBegun } from '../../../src/run/may-have-begun.ts';
import { FakeApi } from '../execute/fake-api.ts';
import { ended, JOB, job, podWith, RUNNING, seen } from './jobs.ts';

const LOST_SIGHT_OF = podWith({ terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } });

it.each([
  ['no pod was seen', undefined, false, true],
  ['its pod runs', RUNNING, false, true],
  ['its pod has ended', ended(2), false, false],
  ['its pod was removed while it ran', RUNNING, true, true],
  ['its pod was removed after its container had ended', ended(2), true, false],
  ['its pod was removed after the kubelet had lost sight of it', LOST_SIGHT_OF, true, true],
])('where %s and there is no journal', async (_what, pod, podGone, expected) => {
  const api = new FakeApi(job());
  expect(await mayHaveBegun(api, JOB, seen({ pod, podGone }))).toBe(expected);
});

it('where its Job is gone, and its journal with it', async () => {
  expect(await mayHaveBegun(new FakeApi(), JOB, seen({ pod: ended(2) }))).toBe(true);
});
