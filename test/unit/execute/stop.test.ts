import { afterEach, describe, expect, it } from 'vitest';
import { hearStop } from '../../../src/execute/stop.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const before = SIGNALS.map((name) => [name, process.listeners(name)] as const);

afterEach(() => {
  for (const [name, known] of before) {
    for (const listener of process.listeners(name)) {
      if (!known.includes(listener)) process.removeListener(name, listener);
    }
  }
});

describe('hearStop', () => {
  it.each(SIGNALS)('hears %s, and remembers the first', (name) => {
    const known = process.listeners(name);
    const stop = hearStop();
    expect([stop.signal.aborted, stop.afterSeconds()]).toEqual([false, undefined]);
    const [hear] = process.listeners(name).filter((listener) => !known.includes(listener));
    hear?.(name);
    const first = stop.afterSeconds();
    expect(stop.signal.aborted).toBe(true);
    expect(first).toBeGreaterThan(0);
    hear?.(name);
    expect(stop.afterSeconds()).toBe(first);
  });
});
