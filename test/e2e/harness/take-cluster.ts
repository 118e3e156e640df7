/** vitest's set-up of each test file: the harness works on the cluster that the global set-up provides. */
import { inject } from 'vitest';
import { type ClusterUnderTest, useCluster } from './under-test.ts';

declare module 'vitest' {
  interface ProvidedContext {
    cluster: ClusterUnderTest;
  }
}

useCluster(inject('cluster'));
