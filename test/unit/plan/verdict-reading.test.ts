import { describe, expect, it } from 'vitest';
import { conditionOf } from '../../../src/plan/conditions.ts';
import { exitCodeOf, readVerdict, type Verdict } from '../../../src/plan/verdict.ts';

const verdict: Verdict = {
  version: 1,
  executionId: 'scale-deployment-1',
  result: 'succeeded',
  reasonCode: 'ok',
  message: 'done',
  requests: [],
  checks: [],
  timeline: [],
  logLines: 1,
};

describe('readVerdict', () => {
  it('reads what the executor wrote', () => {
    expect(readVerdict(JSON.stringify(verdict))).toEqual(verdict);
  });

  it.each([
    undefined,
    7,
    '',
    'Error: out of memory',
    'null',
    '[]',
    '{}',
    '{"version":2,"result":"succeeded"}',
    '{"version":1}',
    '{"version":1,"result":true}',
  ])("takes %j for nobody's verdict", (text) => {
    expect(readVerdict(text)).toBeUndefined();
  });
});

describe('exitCodeOf', () => {
  it.each([
    ['succeeded', 0],
    ['skipped', 0],
    ['failed', 1],
    ['refused', 1],
    ['rolled-back', 1],
    ['rollback-failed', 1],
    ['cancelled', 1],
    ['timed-out', 1],
  ] as const)('%s: %i', (result, code) => {
    expect(exitCodeOf({ ...verdict, result })).toBe(code);
  });
});

describe('conditionOf', () => {
  const object = {
    metadata: { name: 'web', uid: 'u' },
    status: {
      conditions: [
        { type: 'Available', status: 'True', lastTransitionTime: '12:00' },
        { type: 'Progressing', status: 'False', reason: 'R', message: 'M', lastUpdateTime: '12:05' },
      ],
    },
  };

  it('finds the one of the type', () => {
    expect(conditionOf(object, 'Progressing')).toEqual({
      status: 'False',
      reason: 'R',
      message: 'M',
      updated: '12:05',
    });
    expect(conditionOf(object, 'Available')).toMatchObject({ reason: '', updated: '12:00' });
  });

  it.each([
    ['of another type', object],
    ['of nothing', null],
    ['of an object without any', { metadata: { name: 'web', uid: 'u' } }],
  ])('finds none %s', (_name, one) => {
    expect(conditionOf(one, 'Ready')).toBeUndefined();
  });
});
