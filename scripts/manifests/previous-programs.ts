/**
 * ConfigMaps of executors that were released before the one in `dist/` and are still accepted, so that workflows may
 * follow an upgrade of the cluster at their own pace. At a release: the name in the last release's
 * `manifests/executor/program.yaml`.
 */
export const PREVIOUS_PROGRAMS: readonly string[] = [];
