/** The ways that label-resource can go. */
import { labelResource } from '../../../src/catalog/label-resource.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import {
  configMap,
  daemonSet,
  deployment,
  pod,
  replicaSet,
  service,
  statefulSet,
} from './cluster-objects.ts';
import type { Scenario } from './scenarios.ts';

const labelled = { metadata: { labels: { tier: 'b', team: 'shop' } } };

export const labelScenarios: readonly Scenario[] = [
  label('adds a first one', { tier: 'a' }, [deployment()]),
  label('removes the last ones', { tier: null, team: null }, [statefulSet(labelled)]),
  label('sets, adds and removes', { tier: 'a', team: null, 'example.com/x': '' }, [daemonSet(labelled)]),
  label('removes what is not there', { tier: null }, [configMap('settings')]),
  label('finds all as asked', { tier: 'b' }, [service('web', labelled)]),
  label('of a ConfigMap', { tier: 'a' }, [configMap('settings', labelled)]),
  label('of a pod', { tier: 'a' }, [pod('web-1'), replicaSet(), service('web')]),
  label('of a pod that nobody controls', { tier: 'a' }, [
    pod('web-1', { metadata: { ownerReferences: [] } }),
  ]),
];

/** Of the first of the objects. */
function label(name: string, labels: object, objects: readonly KubernetesObject[]): Scenario {
  const [object] = objects;
  const kind = labelResource.kinds.find((one) => one.kind === object?.kind);
  const asking = { name: object?.metadata.name ?? '', parameters: { labels }, ...(kind ? { kind } : {}) };
  return { name: `label-resource ${name}`, action: labelResource, asking, objects };
}
