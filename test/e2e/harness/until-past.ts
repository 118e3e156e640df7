/** Only time can tell that nothing happens in it. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves so many seconds after a moment that the cluster has noted. */
export async function untilPast(moment: Date | undefined, seconds: number): Promise<void> {
  await sleep(new Date(moment ?? 0).getTime() + seconds * 1000 - Date.now());
}
