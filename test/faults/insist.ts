import { setTimeout as pause } from 'node:timers/promises';

/** Sets up and looks through outages: tries again until it goes well, or for a minute. */
export async function insist<Value>(work: () => Promise<Value>): Promise<Value> {
  const until = performance.now() + 60_000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > until) throw error;
      await pause(300);
    }
  }
}
