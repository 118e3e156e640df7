/** Gates that look at every object of a manifest, not at one target. */
import { describe, expect, it } from 'vitest';
import { applyClusterManifest } from '../../../src/catalog/apply-cluster-manifest.ts';
import { applyManifest } from '../../../src/catalog/apply-manifest.ts';
import { deleteManifest } from '../../../src/catalog/delete-manifest.ts';
import { autoscaler } from '../../../src/gates/autoscaler.ts';
import { disruptionBudget } from '../../../src/gates/disruption-budget.ts';
import { protectedNamespace } from '../../../src/gates/protected-namespace.ts';
import type { ManifestObject } from '../../../src/plan/manifest.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { deployment, pod } from '../catalog/cluster-objects.ts';
import { askServer, written } from '../catalog/manifest-server.ts';
import { gateInput, snapshot } from './gate-input.ts';

const SCALED = written(
  'Deployment',
  'web',
  { metadata: { name: 'web', namespace: 'shop' }, spec: { replicas: 5 } },
  'apps/v1',
);
const HPA: KubernetesObject = {
  metadata: { name: 'web', namespace: 'shop', uid: 'uid-hpa' },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 9 },
};

function inputFor(
  manifest: readonly ManifestObject[],
  namespace: string,
  over: Parameters<typeof gateInput>[0] = {},
) {
  const action = namespace === '' ? applyClusterManifest : applyManifest;
  const { answer } = askServer(action, manifest, { objects: [deployment()] }, { namespace });
  if (answer.kind === 'refusal') throw new Error(answer.message);
  return gateInput({ action, draft: answer, namespace, ...over });
}

describe('an autoscaler', () => {
  it('of one object of a manifest refuses other replicas, and names both', () => {
    const said = autoscaler.judge(inputFor([SCALED], 'shop', { autoscalers: [HPA] }));
    expect(said.verdict).toBe('refuse');
    expect(said.message).toContain('horizontalpodautoscaler/web scales deployment/web');
    expect(autoscaler.judge(inputFor([SCALED], 'shop', { autoscalers: [] })).verdict).toBe('pass');
  });

  it('does not mind other changes', () => {
    const { body, ...rest } = SCALED;
    const labelled = { ...rest, body: { ...body, spec: {}, metadata: { name: 'web', labels: { a: 'b' } } } };
    expect(autoscaler.judge(inputFor([labelled], 'shop', { autoscalers: [HPA] })).verdict).toBe('pass');
  });

  it('is looked for also where a manifest of the cluster leaves the replicas out, as one does for an autoscaler', () => {
    const without = written(
      'Deployment',
      'web',
      { metadata: { name: 'web', namespace: 'shop' }, spec: {} },
      'apps/v1',
    );
    // The server puts back its default for a field that is no longer applied.
    const refuse = () => ({ status: 200, body: deployment({ spec: { replicas: 1 } }) });
    const asked = (...others: readonly KubernetesObject[]) => {
      const server = { objects: [deployment(), ...others], refuse };
      const { answer, seen } = askServer(applyClusterManifest, [without], server, { namespace: '' });
      if (answer.kind === 'refusal') throw new Error(answer.message);
      return gateInput({ action: applyClusterManifest, draft: answer, namespace: '', seen });
    };
    expect(autoscaler.judge(asked()).verdict).toBe('pass');
    const owned = { ...HPA, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
    expect(autoscaler.judge(asked(owned))).toMatchObject({
      verdict: 'refuse',
      reasonCode: 'autoscaler-managed',
    });
  });

  it('is looked for in every namespace that the manifest is about; unknown refuses', () => {
    const seen = snapshot({ horizontalpodautoscalers: [HPA] });
    expect(autoscaler.judge(inputFor([SCALED], '', { seen })).verdict).toBe('refuse');
    expect(autoscaler.judge(inputFor([SCALED], '', { seen: snapshot() })).verdict).toBe('unknown');
  });
});

describe('a disruption budget', () => {
  it.each([
    ['refuses', 0, 'refuse'],
    ['lets pass', 1, 'pass'],
  ] as const)(
    '%s the deletion of a Pod by a manifest where it allows %i',
    (_what, disruptionsAllowed, verdict) => {
      const budget: KubernetesObject = {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'web', namespace: 'shop', uid: 'uid-budget' },
        spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 1 },
        status: { disruptionsAllowed },
      };
      const objects = [pod('web-1', { metadata: { ownerReferences: undefined } }), budget];
      const { answer, seen } = askServer(deleteManifest, [written('Pod', 'web-1')], { objects });
      if (answer.kind === 'refusal') throw new Error(answer.message);
      const input = gateInput({ action: deleteManifest, draft: answer, namespace: 'shop', seen });
      expect(disruptionBudget.judge(input)).toMatchObject({ verdict });
    },
  );
});

describe('a protected namespace', () => {
  it.each([
    [
      'of one of its objects',
      written('ConfigMap', 'a', { metadata: { name: 'a', namespace: 'kube-system' } }),
    ],
    ['that is one of them', written('Namespace', 'kube-system')],
  ])('%s refuses a manifest', (_what, object) => {
    const said = protectedNamespace.judge(inputFor([SCALED, object], ''));
    expect(said.verdict).toBe('refuse');
    expect(said.message).toContain('kube-system is protected');
    expect(protectedNamespace.judge(inputFor([SCALED], '')).verdict).toBe('pass');
    const ofThisCluster = { protectedNamespaces: ['kube-system', 'shop'] };
    expect(protectedNamespace.judge(inputFor([SCALED], '', ofThisCluster)).verdict).toBe('refuse');
  });
});
