/** What controllers keep of earlier pod templates. */
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { NAMESPACE, replicaSet } from './cluster-objects.ts';

export function templateOf(app: string, image: string, more: object = {}) {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'app', image }], ...more } };
}

/** A ReplicaSet of deployment/web, in whose template the controller has put its own label. */
export function revisionOf(image: string, revision: number, metadata: object = {}): KubernetesObject {
  const labels = { app: 'web', 'pod-template-hash': `hash${revision}` };
  return replicaSet({
    metadata: {
      name: `web-hash${revision}`,
      uid: `uid-web-hash${revision}`,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ...metadata,
    },
    spec: { template: { ...templateOf('web', image), metadata: { labels } } },
  });
}

export function controllerRevision(
  workload: KubernetesObject,
  image: string,
  revision: number,
): KubernetesObject {
  const { name, uid } = workload.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-hash${revision}`,
      namespace: NAMESPACE,
      uid: `uid-${name}-hash${revision}`,
      labels: { app: name },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: workload.kind ?? '', name, uid, controller: true }],
    },
    data: { spec: { template: { ...templateOf(name, image), $patch: 'replace' } } },
    revision,
  };
}
