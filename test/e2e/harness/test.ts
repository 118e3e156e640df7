/** vitest's `test` with a site of its own for each test that asks for one. */
import { test as base } from 'vitest';
import { openSite, type Site } from './site.ts';

export const test = base.extend<{ site: Site }>({
  site: async ({ task: _task }, use) => {
    const site = await openSite();
    await use(site);
    await site.close();
  },
});
