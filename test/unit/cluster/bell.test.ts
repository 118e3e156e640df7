import { describe, expect, it } from 'vitest';
import { openBell } from '../../../src/cluster/bell.ts';

describe('a bell', () => {
  it('wakes who waits, and only for what came after', async () => {
    const bell = openBell();
    bell.ring();
    const next = bell.next();
    const early = Promise.race([next.then(() => 'rung'), Promise.resolve('silent')]);
    expect(await early).toBe('silent');
    bell.ring();
    await expect(next).resolves.toBeUndefined();
  });

  it('tells everybody that it is broken, and does no harm to who asked and went away', async () => {
    const bell = openBell();
    const waiting = bell.next();
    bell.break(new Error('no right to watch'));
    void bell.next();
    await expect(waiting).rejects.toThrow('no right to watch');
    await expect(bell.next()).rejects.toThrow('no right to watch');
  });
});
