import { afterEach, describe, expect, it } from 'vitest';
import { onStop, type StopSignal, type StopWatch } from '../../../src/step/signals.ts';

let watch: StopWatch | undefined;

afterEach(() => watch?.dispose());

describe('a stop', () => {
  it('is called once, by the first signal, and aborts before', () => {
    const calls: { signal: StopSignal; aborted: boolean | undefined }[] = [];
    watch = onStop((signal) => calls.push({ signal, aborted: watch?.signal.aborted }));
    process.emit('SIGINT', 'SIGINT');
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    expect(calls).toEqual([{ signal: 'SIGINT', aborted: true }]);
  });

  it('gives the signals back', () => {
    const before = process.listenerCount('SIGTERM');
    watch = onStop(() => undefined);
    expect(process.listenerCount('SIGTERM')).toBe(before + 1);
    watch.dispose();
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
