/** The ways of the actions that only read. */
import { collectDiagnostics } from '../../../src/catalog/collect-diagnostics.ts';
import { collectLogs } from '../../../src/catalog/collect-logs.ts';
import { COLLECTABLE } from '../../../src/catalog/collect-targets.ts';
import { DEPLOYMENT, POD } from '../../../src/catalog/workloads.ts';
import { deployment, pod, replicaSet } from './cluster-objects.ts';
import type { Scenario } from './scenarios.ts';

const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'nightly', namespace: 'shop', uid: 'uid-job' },
  spec: { selector: { matchLabels: { app: 'web' } } },
};
const objects = [deployment(), replicaSet(), job, pod('web-1'), pod('web-2')];
const selection = { labels: 'app=web', maxTargets: 10 };

export const collectScenarios: readonly Scenario[] = [collectLogs, collectDiagnostics].flatMap((action) => [
  { name: `${action.name} of a pod`, action, asking: { kind: POD, name: 'web-1' }, objects },
  { name: `${action.name} of a Deployment`, action, asking: { kind: DEPLOYMENT, name: 'web' }, objects },
  {
    name: `${action.name} of a Job`,
    action,
    asking: { kind: COLLECTABLE.find(({ kind }) => kind === 'Job') ?? POD, name: 'nightly' },
    objects,
  },
  { name: `${action.name} of several pods`, action, asking: { kind: POD, name: '', selection }, objects },
]);
