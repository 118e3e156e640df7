/** One case of each way that an action can go; the laws of the catalogue hold in all of them. */
import type { Action } from '../../../src/catalog/action.ts';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { rollbackDeployment } from '../../../src/catalog/rollback-deployment.ts';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { updateImage } from '../../../src/catalog/update-image.ts';
import { DAEMON_SET, DEPLOYMENT, STATEFUL_SET } from '../../../src/catalog/workloads.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Asking } from './asking.ts';
import { daemonSet, deployment, ownedBy, pod, replicaSet, statefulSet } from './cluster-objects.ts';
import { collectScenarios } from './collect-scenarios.ts';
import { dataScenarios } from './data-scenarios.ts';
import { labelScenarios } from './label-scenarios.ts';
import { nodeScenarios } from './node-scenarios.ts';
import { controllerRevision, revisionOf, templateOf } from './revisions.ts';

export interface Scenario {
  readonly name: string;
  readonly action: Action;
  readonly asking: Asking;
  readonly objects: readonly KubernetesObject[];
}

const POD = 'web-5d4f8c7b9d-x2x7k';
const bare = { spec: { template: { metadata: { labels: { app: 'web' } }, spec: {} } } };
const restarted = {
  spec: {
    template: {
      metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' } },
      spec: {},
    },
  },
};
const ordinal = pod('db-0', {
  metadata: { ownerReferences: ownedBy('StatefulSet', 'db', 'uid-statefulset') },
});

const prepared = deployment({
  spec: {
    template: {
      spec: {
        containers: [{ name: 'app', image: 'web:1' }],
        initContainers: [{ name: 'init', image: 'init:1' }],
      },
    },
  },
});
const current = deployment({ spec: { template: templateOf('web', 'web:2') } });

export const scenarios: readonly Scenario[] = [
  ...collectScenarios,
  ...dataScenarios,
  ...labelScenarios,
  scale('up', { replicas: 5 }, deployment()),
  scale('down', { 'replicas-increment': -1 }, deployment()),
  scale('to zero', { replicas: 0 }, deployment()),
  scale('from zero', { 'replicas-increase': 2 }, deployment({ spec: { replicas: 0 } })),
  scale('to what it is', { replicas: 2 }, deployment()),
  scale('while short of pods', { replicas: 3 }, deployment({ status: { availableReplicas: 0 } })),
  restart('a Deployment', deployment()),
  restart('a Deployment without annotations', deployment(bare)),
  restart('a Deployment once more', deployment(restarted)),
  restart('a StatefulSet', statefulSet()),
  restart('a DaemonSet', daemonSet()),
  restart('a DaemonSet without annotations', daemonSet(bare)),
  image('of the only container', { image: 'web:2' }, deployment()),
  image('of a StatefulSet', { container: 'app', image: 'db:2' }, statefulSet()),
  image('of a DaemonSet', { images: { app: 'agent:2' } }, daemonSet()),
  image('of two containers, one of them an init container', { images: { app: 'a', init: 'b' } }, prepared),
  image('that it has', { image: 'web:1' }, deployment()),
  rollback('a Deployment', {}, current, [revisionOf('web:1', 1), revisionOf('web:2', 2)]),
  rollback('a Deployment to a revision', { revision: 1 }, current, [
    revisionOf('web:1', 1),
    revisionOf('web:2', 3),
  ]),
  rollback('a StatefulSet', {}, statefulSet(), twoRevisions(statefulSet())),
  rollback('a DaemonSet', {}, daemonSet(), twoRevisions(daemonSet())),
  ofPod('a pod of a Deployment', POD, [deployment(), replicaSet(), pod(POD)]),
  ofPod('a pod of a StatefulSet', 'db-0', [statefulSet(), ordinal]),
  ofPod('a pod that is gone, by its ReplicaSet', POD, [deployment(), replicaSet()]),
  ofPod('a pod that is gone, by its Deployment', 'web', [deployment()]),
  {
    ...ofPod('a Deployment', 'web', [deployment()]),
    asking: { name: 'web', kind: DEPLOYMENT },
  },
  ...nodeScenarios,
];

function scale(name: string, parameters: object, workload: KubernetesObject): Scenario {
  const asking = { name: workload.metadata.name, parameters };
  return { name: `scale-deployment ${name}`, action: scaleDeployment, asking, objects: [workload] };
}

function restart(name: string, workload: KubernetesObject): Scenario {
  const kind = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET].find((one) => one.kind === workload.kind);
  const asking = { name: workload.metadata.name, ...(kind ? { kind } : {}) };
  return { name: `rollout-restart ${name}`, action: rolloutRestart, asking, objects: [workload] };
}

function image(name: string, parameters: object, workload: KubernetesObject): Scenario {
  return ofWorkload(updateImage, name, parameters, [workload]);
}

function rollback(
  name: string,
  parameters: object,
  workload: KubernetesObject,
  history: readonly KubernetesObject[],
): Scenario {
  return ofWorkload(rollbackDeployment, `of ${name}`, parameters, [workload, ...history]);
}

function twoRevisions(workload: KubernetesObject): readonly KubernetesObject[] {
  return [controllerRevision(workload, 'web:0', 1), controllerRevision(workload, 'web:1', 2)];
}

/** On the first of the objects. */
function ofWorkload(
  action: Action,
  name: string,
  parameters: object,
  objects: readonly KubernetesObject[],
): Scenario {
  const [workload] = objects;
  const kind = action.kinds.find((one) => one.kind === workload?.kind);
  const asking = { name: workload?.metadata.name ?? '', parameters, ...(kind ? { kind } : {}) };
  return { name: `${action.name} ${name}`, action, asking, objects };
}

function ofPod(name: string, target: string, objects: readonly KubernetesObject[]): Scenario {
  return { name: `restart-pod ${name}`, action: restartPod, asking: { name: target }, objects };
}
