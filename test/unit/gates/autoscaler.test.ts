import { describe, expect, it } from 'vitest';
import { restartPod } from '../../../src/catalog/restart-pod.ts';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { autoscaler } from '../../../src/gates/autoscaler.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { planFor } from '../catalog/asking.ts';
import { deployment, pod, replicaSet } from '../catalog/cluster-objects.ts';
import { gateInput } from './gate-input.ts';

function autoscalerOf(kind: string, name: string, limits: object = { maxReplicas: 9 }): KubernetesObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: `${name}-scaler`, namespace: 'shop', uid: `uid-${name}` },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name }, ...limits },
  };
}

const owned = autoscalerOf('Deployment', 'web', { minReplicas: 3, maxReplicas: 9 });

describe('autoscaler', () => {
  it('refuses to change replicas that an autoscaler sets, and names it with its limits', () => {
    const verdict = autoscaler.judge(gateInput({ autoscalers: [autoscalerOf('Deployment', 'api'), owned] }));
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'autoscaler-managed' });
    expect(verdict.message).toContain('horizontalpodautoscaler/web-scaler');
    expect(verdict.message).toContain('between 3 and 9');
    expect(verdict.remedy).toContain('force');
  });

  it('counts an absent minimum as one', () => {
    const verdict = autoscaler.judge(gateInput({ autoscalers: [autoscalerOf('Deployment', 'web')] }));
    expect(verdict.message).toContain('between 1 and 9');
  });

  it('tells an autoscaler of KEDA apart: its ScaledObject is what to change', () => {
    const owner = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'web-load', uid: 'u' };
    const keda = { ...owned, metadata: { ...owned.metadata, ownerReferences: [owner] } };
    const verdict = autoscaler.judge(gateInput({ autoscalers: [keda] }));
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'autoscaler-managed' });
    expect(verdict.message).toContain("KEDA's scaledobject/web-load scales the target between 3 and 9");
    expect(verdict.remedy).toMatch(/^Change minReplicaCount or maxReplicaCount of scaledobject\/web-load/);
  });

  it('only warns with force', () => {
    const verdict = autoscaler.judge(gateInput({ autoscalers: [owned], options: { force: true } }));
    expect(verdict).toMatchObject({ verdict: 'warn', reasonCode: 'autoscaler-managed' });
  });

  it.each([
    ['there is none', []],
    ['they scale others', [autoscalerOf('Deployment', 'api'), autoscalerOf('StatefulSet', 'web')]],
  ])('lets pass where %s', (_name, autoscalers) => {
    expect(autoscaler.judge(gateInput({ autoscalers })).verdict).toBe('pass');
  });

  it('does not know where they could not be listed, force or not', () => {
    for (const force of [false, true]) {
      expect(autoscaler.judge(gateInput({ autoscalers: undefined, options: { force } }))).toMatchObject({
        verdict: 'unknown',
        reasonCode: 'permission-unknown',
        remedy: expect.stringContaining('horizontalpodautoscalers'),
      });
    }
  });

  it.each([
    ['a restart', planFor(rolloutRestart, { name: 'web' }, [deployment()])],
    ['a pod', planFor(restartPod, { name: 'web-1' }, [replicaSet(), pod('web-1')])],
  ])('has nothing to say about %s', (_name, draft) => {
    expect(autoscaler.judge(gateInput({ draft, autoscalers: undefined })).verdict).toBe('pass');
  });
});
