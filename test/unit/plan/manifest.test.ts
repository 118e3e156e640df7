import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityOf, inOrder, leavesOf, type ManifestObject, whyClosed } from '../../../src/plan/manifest.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { json } from './plans.ts';

function object(kind: string, apiVersion = 'v1', name = 'a'): ManifestObject {
  return { where: 'document 1', apiVersion, kind, name, body: {} };
}

const DEFINITION = object('CustomResourceDefinition', 'apiextensions.k8s.io/v1');
/** In the order in which they may be made. */
const RANKS = [
  [object('Namespace')],
  [DEFINITION],
  [
    object('ConfigMap'),
    object('Service'),
    object('PersistentVolumeClaim'),
    object('NetworkPolicy', 'networking.k8s.io/v1'),
  ],
  [
    object('Deployment', 'apps/v1'),
    object('Ingress', 'networking.k8s.io/v1'),
    object('Widget', 'example.com/v1'),
  ],
];

describe('the order of a manifest', () => {
  const any = fc.constantFrom(...RANKS.flat()).map((one) => ({ ...one }));

  it('has what others refer to before them, and is otherwise as written', () => {
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (objects) => {
        const ordered = inOrder(objects);
        expect(new Set(ordered)).toEqual(new Set(objects));
        const rankOf = ({ kind }: ManifestObject) =>
          RANKS.findIndex((rank) => rank.some((one) => one.kind === kind));
        expect(ordered.map(rankOf)).toEqual(objects.map(rankOf).toSorted((a, b) => a - b));
        for (const rank of RANKS.keys()) {
          const ofRank = (one: ManifestObject) => rankOf(one) === rank;
          expect(ordered.filter(ofRank)).toEqual(objects.filter(ofRank));
        }
      }),
    );
  });

  it('knows a kind by its group: a Service of Knative is none that others refer to', () => {
    const knative = object('Service', 'serving.knative.dev/v1');
    expect(inOrder([object('Deployment', 'apps/v1'), knative])[1]).toBe(knative);
  });
});

describe('an object of a manifest', () => {
  it('is the same one in another version of its group', () => {
    const [one, other] = ['autoscaling/v1', 'autoscaling/v2'].map((version) =>
      identityOf(object('HorizontalPodAutoscaler', version)),
    );
    expect(one).toBe(other);
    expect(identityOf(object('ConfigMap'))).not.toBe(identityOf({ ...object('ConfigMap'), namespace: 'b' }));
  });

  it.each([
    ['Secret', 'v1'],
    ['ServiceAccount', 'v1'],
    ['ClusterRole', 'rbac.authorization.k8s.io/v1'],
    ['ValidatingWebhookConfiguration', 'admissionregistration.k8s.io/v1'],
    ['KubernetesExecution', 'kubernetesexecution.kubernaut.io/v1alpha1'],
  ])('of kind %s is refused with the way out', (kind, apiVersion) => {
    expect(whyClosed({ kind, apiVersion })).toMatch(/\w/);
  });

  it('of another group by the name of a closed kind is open', () => {
    expect(whyClosed({ kind: 'Secret', apiVersion: 'example.com/v1' })).toBeUndefined();
  });

  it('has leaves that its pointers lead to', () => {
    fc.assert(
      fc.property(json, (value) => {
        for (const leaf of leavesOf(value)) {
          expect(readPointer(value, leaf.pointer)).toEqual(leaf.value);
          const isEmptied = typeof leaf.value === 'object' && Object.keys(leaf.value ?? {}).length > 0;
          expect(isEmptied).toBe(false);
        }
      }),
    );
  });
});
