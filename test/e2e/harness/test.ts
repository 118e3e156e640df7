import { test as base } from 'vitest';
import { ACTIONS, openSite, type Site } from './site.ts';
import { clusterUnderTest } from './under-test.ts';

/** vitest's `test` with a site of its own for each test that asks for one, in which these actions are bound. */
export function testWith(actions: readonly string[]) {
  return base.extend<{ site: Site }>({
    site: async ({ task: _task }, use) => {
      const site = await openSite(actions);
      await use(site);
      await site.close();
    },
  });
}

export const test = testWith(ACTIONS);

/** What only our own cluster can be made to do runs where this holds; each such test stands in `exclusions.json`. */
export const isOwnCluster = clusterUnderTest().run !== '';
