import { describe, expect, it } from 'vitest';
import { openJournal } from '../../../src/execute/journal.ts';
import { Progress } from '../../../src/execute/progress.ts';
import { holderIdentity, holderOf, microTime, specOf } from '../../../src/job/lease.ts';
import { LABEL } from '../../../src/plan/names.ts';
import type { Verdict } from '../../../src/plan/verdict.ts';
import { pod } from '../catalog/cluster-objects.ts';
import { EXECUTION, executorPod, IDENTITY, JOURNAL, POD_NAME, verdictIn } from './executions.ts';
import { FakeApi, on } from './fake-api.ts';

const verdict: Verdict = {
  version: 1,
  executionId: EXECUTION,
  result: 'succeeded',
  reasonCode: 'ok',
  message: 'done',
  requests: [],
  checks: [],
  timeline: [],
  logLines: 3,
};

describe('the journal', () => {
  it('is named like the Job, owned by it, and says who writes it', async () => {
    const api = new FakeApi();
    await openJournal(api, IDENTITY, executorPod());
    const lease = api.at(JOURNAL);
    expect(lease?.metadata).toMatchObject({
      labels: { [LABEL.executionId]: EXECUTION },
      ownerReferences: [{ kind: 'Job', name: EXECUTION, uid: 'uid-job' }],
    });
    expect(lease && holderOf(lease)).toBe(`kubernetes-executor/${POD_NAME}/uid-${POD_NAME}`);
  });

  it('is refused to a second pod of the same Job', async () => {
    const api = new FakeApi();
    expect(await openJournal(api, IDENTITY, executorPod())).toBeDefined();
    const second = { ...IDENTITY, podName: `${EXECUTION}-zzzzz`, podUid: 'uid-second' };
    expect(await openJournal(api, second, executorPod(second.podName))).toBeUndefined();
    expect(api.at(JOURNAL)).toMatchObject({ spec: { holderIdentity: holderIdentity(IDENTITY) } });
  });

  it('is ours where only the answer to its creation was lost', async () => {
    const api = new FakeApi();
    api.lose(on('POST', '/leases'), 'after');
    expect(await openJournal(api, IDENTITY, executorPod())).toBeDefined();
  });

  it('is not opened for a pod without a Job, or where the server says no', async () => {
    const api = new FakeApi();
    await expect(openJournal(api, IDENTITY, pod('lonely'))).rejects.toThrow('no Job');
    api.answer(on('POST', '/leases'), { status: 403, message: 'not yours' });
    await expect(openJournal(api, IDENTITY, executorPod())).rejects.toThrow('not yours');
  });

  it('is closed with the verdict, sent again until it is answered', async () => {
    const api = new FakeApi();
    const journal = await openJournal(api, IDENTITY, executorPod());
    api.lose(on('PATCH', EXECUTION), 'before', 2);
    await journal?.close(verdict);
    expect(verdictIn(api)).toEqual(verdict);
  });
});

describe('a Lease', () => {
  it('has times of six digits', () => {
    expect(microTime(new Date('2026-03-01T12:00:00.123Z'))).toBe('2026-03-01T12:00:00.123000Z');
  });

  it.each([
    [{ holderIdentity: 'a' }, 'a'],
    [{ holderIdentity: '' }, ''],
    [{}, ''],
    [undefined, ''],
    [{ holderIdentity: null }, ''],
  ])('with the spec %j is held by "%s"', (spec, holder) => {
    const lease = { metadata: { name: 'a', uid: 'u' }, spec };
    expect(holderOf(lease)).toBe(holder);
    expect(specOf(lease)).toEqual(spec ?? {});
  });
});

describe('progress', () => {
  it('counts the lines that it prints, those of one text apart', () => {
    const lines: string[] = [];
    const progress = new Progress((line) => lines.push(line));
    progress.print('one');
    progress.print('two\nthree\r\nfour\rfive');
    expect(lines).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(progress.record().logLines).toBe(5);
  });

  it('records requests and checks, and an undo only where one was begun', () => {
    const progress = new Progress(() => {});
    progress.sent({ summary: 'a', outcome: 'applied', status: 200 });
    progress.verified([{ summary: 'c', met: true, detail: '' }]);
    expect(progress.record()).toMatchObject({
      requests: [{ summary: 'a', outcome: 'applied' }],
      checks: [{ met: true }],
    });
    expect(progress.record()).not.toHaveProperty('undo');
    progress.undoSent({ summary: 'b', outcome: 'not-applied', status: 422, message: 'no' });
    expect(progress.record().undo).toEqual({
      requests: [{ summary: 'b', outcome: 'not-applied', status: 422, message: 'no' }],
      checks: [],
    });
    progress.undoVerified([{ summary: 'd', met: false, detail: '' }]);
    expect(progress.record().undo?.checks.length).toBe(1);
  });

  it('tells each request in the log as it is answered', () => {
    const lines: string[] = [];
    const progress = new Progress((line) => lines.push(line));
    progress.sent({ summary: 'delete pod/a', outcome: 'applied' });
    progress.sent({ summary: 'delete pod/b', outcome: 'not-applied', status: 403, message: 'forbidden' });
    expect(lines).toEqual(['delete pod/a: applied', 'delete pod/b: not-applied (HTTP 403, forbidden)']);
  });
});
