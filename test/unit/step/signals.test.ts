import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onStop, type StopSignal } from '../../../src/step/signals.ts';

/** So that they can be taken off the process again. */
const listeners: (() => void)[] = [];

beforeEach(() => {
  const on = process.on.bind(process);
  vi.spyOn(process, 'on').mockImplementation((event, listener) => {
    listeners.push(() => process.off(event, listener));
    return on(event, listener);
  });
});

afterEach(() => {
  for (const takeOff of listeners.splice(0)) takeOff();
  vi.restoreAllMocks();
});

describe('a stop', () => {
  it('is called once, by the first signal, and aborts before', () => {
    const calls: { signal: StopSignal; aborted: boolean }[] = [];
    const stopped = onStop((signal) => calls.push({ signal, aborted: stopped.aborted }));
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    expect(calls).toEqual([{ signal: 'SIGINT', aborted: true }]);
  });
});
