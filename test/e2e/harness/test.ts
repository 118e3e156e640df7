/** vitest's `test` with a site of its own for each test that asks for one. */
import { test as base, inject } from 'vitest';
import { openSite, type Site } from './site.ts';

export const test = base.extend<{ site: Site }>({
  site: async ({ task: _task }, use) => {
    const site = await openSite();
    await use(site);
    await site.close();
  },
});

/** What only our own cluster can be made to do runs where this holds; each such test stands in `exclusions.json`. */
export const isOwnCluster = inject('cluster').run !== '';
