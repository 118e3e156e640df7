/** Which cluster the harness works on, whoever runs it: vitest, or a program of its own. */

export interface ClusterUnderTest {
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** The administrator's proxy. */
  readonly socket: string;
  /** Where the API server is, and its certificate authority in base64, for kubeconfigs of other identities. */
  readonly server: string;
  readonly certificateAuthority: string;
  /** The run folder of our own cluster; empty for a foreign one. */
  readonly run: string;
}

let chosen: ClusterUnderTest | undefined;

export function useCluster(cluster: ClusterUnderTest): void {
  chosen = cluster;
}

/** Throws before `useCluster`. */
export function clusterUnderTest(): ClusterUnderTest {
  if (chosen === undefined) throw new Error('the harness was told of no cluster');
  return chosen;
}
