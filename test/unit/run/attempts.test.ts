import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/plan/verdict.ts';
import { runAttempts } from '../../../src/run/attempts.ts';
import type { Ending } from '../../../src/run/ending.ts';
import type { RunRecord } from '../../../src/run/record.ts';
import { Recording } from '../../../src/run/recording.ts';
import { holdClock, releaseClock, settled } from '../execute/clock.ts';
import { REQUEST } from '../gates/gate-input.ts';
import { verdictOf } from './jobs.ts';

const OK: Ending = { result: 'succeeded', reasonCode: 'ok', message: 'done' };
const LOST: Ending = { result: 'failed', reasonCode: 'executor-lost', message: 'its pod was evicted.' };
const EVICTED = 'EvictionByEvictionAPI: Eviction API: evicting';
const JOB = { name: 'x', namespace: 'kubernetes-executor', serviceAccount: 'action-scale-deployment' };

interface Once {
  readonly ending: Ending;
  readonly changed?: boolean;
  readonly disruption?: string;
  readonly verdict?: Verdict;
}

const TAKEN: Once = { ending: LOST, disruption: EVICTED };
const NOT_SENT = verdictOf({ requests: [{ summary: 'set replicas', outcome: 'not-applied' }] });
const UNDONE = verdictOf({ undo: { requests: [], checks: [] } });

beforeEach(holdClock);
afterEach(releaseClock);

/** Runs of a Job, one after another as given; the last one is repeated. */
async function run(
  runs: readonly Once[],
  retries = 2,
  cancelled = new AbortController(),
): Promise<RunRecord> {
  const recording = new Recording('scale-deployment-1', 'run', REQUEST);
  let begun = 0;
  const ending = await settled(
    runAttempts(
      {
        action: 'scale-deployment',
        retries,
        recording,
        cancelled: cancelled.signal,
        deadlineMs: performance.now() + 60_000,
        report: () => undefined,
      },
      async () => {
        const once = runs[Math.min(begun, runs.length - 1)];
        if (once === undefined) throw new Error('there is no run');
        begun += 1;
        const { disruption, verdict, changed = false } = once;
        const job = { ...JOB, ...(disruption === undefined ? {} : { disruption }) };
        recording.learn({ changed, job, ...(verdict === undefined ? {} : { verdict }) });
        return once.ending;
      },
    ),
  );
  return recording.finish(ending);
}

describe('a Job whose pod the cluster took away before anything was sent', () => {
  it('is begun again under another name, and the record tells both', async () => {
    const record = await run([TAKEN, { ending: OK, changed: true }]);
    expect(record).toMatchObject({ ...OK, changed: true });
    expect(record.executionId).toMatch(/^scale-deployment-[0-9a-f]{10}$/);
    expect(record.attempts).toMatchObject([
      { ...LOST, executionId: 'scale-deployment-1', disruption: EVICTED },
    ]);
  });

  it('is begun again where its executor had begun, and says itself that it sent nothing', async () => {
    expect(await run([{ ...TAKEN, verdict: NOT_SENT }, { ending: OK }])).toMatchObject(OK);
  });

  it('keeps nothing of the earlier attempt in the record of the last', async () => {
    const record = await run([{ ...TAKEN, verdict: NOT_SENT }, { ending: OK }]);
    expect(record.job).toEqual(JOB);
    expect(record).not.toHaveProperty('verdict');
  });

  it.each([0, 1, 5])('is begun again no oftener than retries: %i', async (retries) => {
    const record = await run([TAKEN], retries);
    expect(record).toMatchObject(LOST);
    expect(record.attempts).toHaveLength(retries);
    const names = [...record.attempts, record].map(({ executionId }) => executionId);
    expect(new Set(names).size).toBe(retries + 1);
  });
});

describe('a Job is not begun again', () => {
  it.each<readonly [string, Once]>([
    ['that did what it should', { ending: OK, disruption: EVICTED }],
    ['that somebody deleted', { ending: LOST }],
    ['that may have changed something', { ...TAKEN, changed: true }],
    ['that sent something, if in vain', { ...TAKEN, verdict: verdictOf() }],
    [
      'of a rollback that was sent',
      {
        ...TAKEN,
        verdict: verdictOf({
          requests: [],
          undo: { requests: [{ summary: 'take it back', outcome: 'applied' }], checks: [] },
        }),
      },
    ],
    ['whose verdict lost its lists', { ...TAKEN, verdict: verdictOf({ requests: [], shortened: true }) }],
    ['that was undone', { ...TAKEN, ending: { ...LOST, result: 'rolled-back' }, verdict: UNDONE }],
  ])('%s', async (_what, once) => {
    const record = await run([once, { ending: OK }]);
    expect(record).toMatchObject(once.ending);
    expect(record.attempts).toEqual([]);
  });

  it('after a cancellation', async () => {
    const cancelled = new AbortController();
    cancelled.abort();
    expect((await run([TAKEN], 2, cancelled)).attempts).toEqual([]);
  });
});
