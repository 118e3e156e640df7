/** The question holds values of Secrets: a server that takes its time is given it to delete them. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { updateSecret } from '../../../src/catalog/update-secret.ts';
import { askInJob } from '../../../src/run/ask-in-job.ts';
import { AT } from '../catalog/asking.ts';
import { holdClock, passTime, releaseClock, settled } from '../execute/clock.ts';
import { EXECUTION } from '../execute/executions.ts';
import { FakeApi, on } from '../execute/fake-api.ts';
import { JOB_PATH, jobInput } from './jobs.ts';

beforeEach(holdClock);
afterEach(releaseClock);

const [kind] = updateSecret.kinds;
if (!kind) throw new Error('it has a kind');
const question = {
  action: 'update-secret',
  scope: { kind: 'namespace', namespace: 'shop' },
  namespace: 'shop',
  kind,
  name: 'web',
  parameters: {},
  force: false,
  at: AT,
} as const;

/** A Job whose Secret is refused, so that the question ends at once; deleting it takes so many seconds. */
function asked(deleteSeconds: number) {
  const api = new FakeApi();
  api.answer(on('POST', '/secrets'), { status: 403, message: 'secrets is forbidden' });
  const { send } = api;
  api.send = async (request) => {
    if (request.method === 'DELETE')
      await new Promise((resolve) => setTimeout(resolve, deleteSeconds * 1000));
    return send.call(api, request);
  };
  const context = {
    cancelled: new AbortController().signal,
    deadlineMs: performance.now() + 60_000,
    report: () => {},
    showLog: () => {},
    logFile: () => '',
    onJob: () => {},
    secrets: () => [],
  };
  const contents = { executionId: EXECUTION, question, values: {}, salt: '5a17' };
  return { api, answer: askInJob({ caller: api, context, input: jobInput(), contents }) };
}

it('waits for a slow server to delete the question', async () => {
  const { api, answer } = asked(8);
  await expect(settled(answer)).rejects.toThrow('secrets is forbidden');
  expect(api.at(JOB_PATH)).toBeUndefined();
});

it('does not wait for one that is away', async () => {
  const { answer } = asked(600);
  const [refused] = await Promise.allSettled([answer, passTime(20)]);
  expect(refused).toMatchObject({
    status: 'rejected',
    reason: { message: expect.stringContaining('secrets is forbidden') },
  });
});
