import { defineConfig } from 'vitest/config';

const TEMPORARY_FOLDER = 'test/temporary-folder.ts';

// Caches stay out of the work tree: a test run writes nothing into it.
export default defineConfig({
  cacheDir: 'node_modules/.cache/vitest',
  test: {
    // Each of them runs processes of its own: more at once, and two cores are too busy for what must come within seconds.
    maxConcurrency: 3,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: [TEMPORARY_FOLDER],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'contract',
          include: ['test/contract/**/*.test.ts'],
          setupFiles: [TEMPORARY_FOLDER],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: ['test/e2e/nodes/**'],
          globalSetup: ['test/e2e/global-setup.ts'],
          setupFiles: [TEMPORARY_FOLDER, 'test/e2e/harness/take-cluster.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          // They take nodes away, so no other test may share their cluster.
          name: 'e2e-nodes',
          include: ['test/e2e/nodes/**/*.test.ts'],
          globalSetup: ['test/e2e/nodes/global-setup.ts'],
          setupFiles: [TEMPORARY_FOLDER, 'test/e2e/harness/take-cluster.ts'],
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          // Minutes each, and they break their cluster: not part of npm test.
          name: 'logs',
          include: ['test/logs/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          setupFiles: [TEMPORARY_FOLDER, 'test/e2e/harness/take-cluster.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
