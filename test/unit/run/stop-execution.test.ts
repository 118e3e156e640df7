import { describe, expect, it } from 'vitest';
import { hasStarted } from '../../../src/job/execution-job.ts';
import { isFinished } from '../../../src/plan/pods.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { deleteJob, stopExecution } from '../../../src/run/stop-execution.ts';
import { executorPod, journalOf } from '../execute/executions.ts';
import { FakeApi, on } from '../execute/fake-api.ts';
import { ended, JOB, JOB_PATH, job, podWith, RUNNING, waiting } from './jobs.ts';

function deadline(api: FakeApi): unknown {
  return readPointer(api.read(executorPod()), '/spec/activeDeadlineSeconds');
}

describe('stopExecution', () => {
  it('lets a running pod go on to its end by its deadline, with log and message', async () => {
    const api = new FakeApi(job(), RUNNING);
    expect(await stopExecution(api, JOB)).toBe('stopping');
    expect(deadline(api)).toBe(1);
    expect(api.at(JOB_PATH)).toBeDefined();
  });

  it.each([
    ['there is no pod', []],
    ['its pod has not started', [waiting('ContainerCreating')]],
    ['its pod has no node', [podWith({}, { containerStatuses: undefined })]],
  ])('deletes the Job where %s: a deadline would do nothing there', async (_name, pods) => {
    const api = new FakeApi(job(), ...pods);
    expect(await stopExecution(api, JOB)).toBe('deleted');
    expect(api.at(JOB_PATH)).toBeUndefined();
    expect(api.requests.at(-1)?.body).toMatchObject({ propagationPolicy: 'Background' });
  });

  it('does not take the undo away from one that has begun, as its journal tells before the kubelet', async () => {
    const api = new FakeApi(job(), waiting('ContainerCreating'), journalOf());
    expect(await stopExecution(api, JOB)).toBe('stopping');
    expect(deadline(api)).toBe(1);
    const orphan = new FakeApi(job(), journalOf());
    expect(await stopExecution(orphan, JOB)).toBe('ended');
    expect(orphan.at(JOB_PATH)).toBeDefined();
  });

  it.each([ended(0), ended(1)])('leaves alone what has ended', async (pod) => {
    const api = new FakeApi(job(), pod);
    expect(await stopExecution(api, JOB)).toBe('ended');
    expect(api.writes).toEqual([]);
  });

  it('does not stop a pod of another Job, or another pod of the same name', async () => {
    const other = { ...RUNNING, metadata: { ...RUNNING.metadata, name: 'other', labels: {} } };
    const api = new FakeApi(job(), RUNNING, other);
    await stopExecution(api, JOB);
    expect(api.requests.at(-1)?.body).toMatchObject({ metadata: { uid: RUNNING.metadata.uid } });
    expect(readPointer(api.read(other), '/spec/activeDeadlineSeconds')).toBeUndefined();
  });

  it('does not mind a pod that is gone meanwhile', async () => {
    const api = new FakeApi(job(), RUNNING);
    api.answer(on('PATCH', executorPod().metadata.name), { status: 404 });
    expect(await stopExecution(api, JOB)).toBe('stopping');
  });

  it('says where it may not', async () => {
    const api = new FakeApi(job(), RUNNING);
    api.answer(on('PATCH', executorPod().metadata.name), { status: 403, message: 'denied by policy' });
    await expect(stopExecution(api, JOB)).rejects.toThrow('denied by policy');
  });
});

describe('deleteJob', () => {
  it('takes a Job that is gone for deleted, and nothing else', async () => {
    expect(await deleteJob(new FakeApi(), JOB)).toBe(false);
    expect(await stopExecution(new FakeApi(), JOB)).toBe('ended');
    const api = new FakeApi(job());
    api.answer(on('DELETE', JOB.name), { status: 403, message: 'jobs is forbidden' });
    await expect(deleteJob(api, JOB)).rejects.toThrow('jobs is forbidden');
  });
});

describe('the state of a pod', () => {
  it.each([
    ['waiting', waiting('ContainerCreating'), false, false],
    ['running', RUNNING, true, false],
    ['ended', ended(0), true, true],
    ['ended before it ran', podWith({ terminated: { exitCode: 128 } }, { phase: 'Failed' }), false, true],
    ['without a status', { ...executorPod(), status: {} }, false, false],
  ])('%s', (_name, pod, started, finished) => {
    expect(hasStarted(pod)).toBe(started);
    expect(isFinished(pod)).toBe(finished);
  });
});
