import { describe, expect, it } from 'vitest';
import { refuse, refuseWith } from './reading.ts';

const UNDONE = 'scale-deployment-0123456789';

describe('inputs of a rollback are refused', () => {
  it.each([
    [
      {},
      'input action: is not given; mode: rollback needs the same action, target and namespace as the run.',
    ],
    [
      { action: 'scale-deployment' },
      'input target: is not given; mode: rollback needs the same action, target and namespace as the run.',
    ],
  ])('that do not say what is undone: %j', (inputs, expected) => {
    const undo = { mode: 'rollback', 'execution-id': UNDONE, credentials: 'in-cluster' };
    expect(refuse({ ...undo, ...inputs })).toEqual([expected]);
  });

  it.each([
    ['12345678', 'is not the output execution-id of a run: the name of its action, "-" and 10 hex digits.'],
    [
      'restart-pod-0123456789',
      'is of restart-pod, but scale-deployment is asked for; give the action, target and namespace of the run to undo.',
    ],
  ])('with the id of something else to undo: %s', (id, expected) => {
    const undo = { mode: 'rollback', 'execution-id': id, credentials: 'in-cluster' };
    expect(refuseWith(undo)).toEqual([`input execution-id: "${id}" ${expected}`]);
  });
});

describe('times are refused', () => {
  it.each([
    [
      { 'verify-timeout': '10m' },
      'input run-timeout: "10m" is too short; verify-timeout 10m needs a run-timeout above 10m.',
    ],
    [
      { soak: '5m' },
      'input soak: "5m" must be over within the verification, which has 5m; give a verify-timeout above 5m, or a shorter soak.',
    ],
    [
      { soak: '9m50s', 'verify-timeout': '2m' },
      'input soak: "9m50s" must be over within the verification, which has 2m; give a verify-timeout above 9m50s, or a shorter soak.',
    ],
    [
      { soak: '10m' },
      'input soak: "10m" must be over within the verification, which has 5m; give a verify-timeout and a run-timeout above 10m, or a shorter soak.',
    ],
    [
      { 'schedule-timeout': '20m' },
      'input schedule-timeout: "20m" is longer than timeout 15m, which has to hold all; give a timeout above 20m.',
    ],
    [
      { 'on-locked': 'wait', 'lock-timeout': '30m' },
      'input lock-timeout: "30m" is part of run-timeout 10m; give a run-timeout above 30m.',
    ],
    [{ 'lock-timeout': '1m' }, 'input lock-timeout: is for on-locked: wait alone, but on-locked is fail.'],
  ])('with times that contradict each other: %j', (inputs, expected) => {
    expect(refuseWith(inputs)).toEqual([expected]);
  });

  it('with a time that is none alone, not with what would follow from it', () => {
    expect(refuseWith({ 'run-timeout': 'soon', soak: '30s' })).toHaveLength(1);
    expect(refuseWith({ timeout: '48h', 'schedule-timeout': '3m' })).toHaveLength(1);
  });
});
