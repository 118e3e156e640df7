import { describe, expect, it } from 'vitest';
import { readArguments } from '../../../src/job/declared.ts';
import { hashPlan } from '../../../src/plan/hash.ts';
import { ANNOTATION, LABEL } from '../../../src/plan/names.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import { jobManifest, orderOf, planSecret } from '../../../src/run/job-manifest.ts';
import { EXECUTION, envelopeOf, podPlan, scalePlan } from '../execute/executions.ts';
import { jobInput } from './jobs.ts';

const manifest = jobManifest(jobInput());
const pod = '/spec/template/spec';

function at(pointer: string, from: object = manifest): unknown {
  return readPointer(from, pointer);
}

describe('the Job', () => {
  it("runs under the action's own ServiceAccount, from the installation's image and program", () => {
    expect(at(`${pod}/serviceAccountName`)).toBe('action-scale-deployment');
    expect(at(`${pod}/containers/0/image`)).toBe('gcr.io/distroless/nodejs24-debian13:nonroot');
    expect(at(`${pod}/volumes`)).toEqual([
      { name: 'program', configMap: { name: 'executor-0123456789abcdef' } },
      { name: 'plan', secret: { secretName: EXECUTION } },
    ]);
  });

  it('declares the plan in its arguments as the executor reads them', () => {
    const args = at(`${pod}/containers/0/args`);
    const [program, ...declared] = Array.isArray(args) ? args.map(String) : [];
    expect(program).toBe('/executor/executor.mjs');
    expect(readArguments(declared)).toEqual({
      planHash: hashPlan(scalePlan(5)),
      action: 'scale-deployment',
      scope: { kind: 'namespace', namespace: 'shop' },
    });
  });

  it('runs once, ever', () => {
    expect(at('/spec')).toMatchObject({
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      podReplacementPolicy: 'Failed',
    });
    expect(at(`${pod}/restartPolicy`)).toBe('Never');
  });

  it("ends its pod before the Job's own deadline would delete pod and log", () => {
    const { scheduleSeconds, runSeconds } = jobInput().timeouts;
    const grace = Number(at(`${pod}/terminationGracePeriodSeconds`));
    expect(at(`${pod}/activeDeadlineSeconds`)).toBe(runSeconds);
    expect(at('/spec/activeDeadlineSeconds')).toBeGreaterThan(scheduleSeconds + runSeconds + grace);
    expect(at('/spec/ttlSecondsAfterFinished')).toBe(24 * 3600);
  });

  it('fits Pod Security "restricted"', () => {
    expect(at(`${pod}/securityContext`)).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(at(`${pod}/containers/0/securityContext`)).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('tells people and policies what it is, on itself and on its pod', () => {
    const labels = {
      [LABEL.action]: 'scale-deployment',
      [LABEL.executionId]: EXECUTION,
      [LABEL.namespace]: 'shop',
    };
    const annotations = {
      [ANNOTATION.createdBy]: 'system:serviceaccount:ci:deployer',
      [ANNOTATION.planHash]: hashPlan(scalePlan(5)),
      [ANNOTATION.target]: 'shop/deployment/web',
      [ANNOTATION.summary]: 'scale deployment/web in shop from 2 to 5 replicas',
    };
    expect(at('/metadata')).toMatchObject({ labels, annotations });
    expect(at('/spec/template/metadata')).toMatchObject({ labels, annotations });
  });

  it('carries labels and annotations of the caller, but none that would be its own', () => {
    const forged = { [LABEL.action]: 'drain-node', [LABEL.namespace]: 'kube-system', team: 'x' };
    const spoofed = { [ANNOTATION.planHash]: 'sha256:0', [ANNOTATION.createdBy]: 'admin', note: 'y' };
    const spoiled = jobManifest(jobInput(scalePlan(5), { labels: forged, annotations: spoofed }));
    expect(at('/metadata/labels', spoiled)).toMatchObject({
      team: 'x',
      [LABEL.action]: 'scale-deployment',
      [LABEL.namespace]: 'shop',
    });
    expect(at('/metadata/annotations', spoiled)).toMatchObject({
      note: 'y',
      [ANNOTATION.planHash]: hashPlan(scalePlan(5)),
      [ANNOTATION.createdBy]: 'system:serviceaccount:ci:deployer',
    });
    expect(JSON.stringify(at('/spec/template/metadata', spoiled))).not.toContain('drain-node');
  });

  it('is left alone by sidecars and autoscalers', () => {
    const metadata = JSON.stringify(at('/spec/template/metadata'));
    for (const key of ['sidecar.istio.io/inject', 'linkerd.io/inject', 'safe-to-evict', 'do-not-disrupt']) {
      expect(metadata).toContain(key);
    }
  });

  it('mounts, for a rollback, the plan of the execution to undo', () => {
    const { declared, ...order } = jobInput().order;
    const rollsBack = 'scale-deployment-9876543210';
    const undo = jobManifest(
      jobInput(scalePlan(5), { order: { ...order, declared: { ...declared, rollsBack } } }),
    );
    expect(at(`${pod}/volumes/1`, undo)).toEqual({ name: 'plan', secret: { secretName: rollsBack } });
    expect(at('/metadata/labels', undo)).toMatchObject({ [LABEL.rollsBack]: rollsBack });
    expect(JSON.stringify(at(`${pod}/containers/0/args`, undo))).toContain(rollsBack);
  });

  it('stays off a node that it acts on, by its name', () => {
    const plan = scalePlan(5);
    const node = { ...plan, target: { apiVersion: 'v1', kind: 'Node', name: 'worker-1' } };
    const scope = { kind: 'cluster' } as const;
    const away = jobManifest(jobInput(plan, { order: orderOf({ ...node, scope }, 'sha256:0') }));
    expect(JSON.stringify(at(`${pod}/affinity`, away))).toContain(
      '{"key":"metadata.name","operator":"NotIn","values":["worker-1"]}',
    );
    expect(at('/metadata/labels', away)).toMatchObject({ [LABEL.scope]: 'cluster' });
    expect(at('/metadata/labels', away)).not.toHaveProperty(LABEL.namespace);
    expect(at('/metadata/annotations', away)).toMatchObject({ [ANNOTATION.target]: 'node/worker-1' });
    expect(at(pod)).not.toHaveProperty('affinity');
  });
});

describe('the Secret', () => {
  it('holds the whole plan, labelled like its Job', () => {
    const secret = planSecret(
      'kubernetes-executor',
      { name: EXECUTION, uid: 'u' },
      { declared: orderOf(podPlan(), 'sha256:0').declared, contents: envelopeOf(podPlan()) },
    );
    expect(JSON.parse(String(at('/stringData/plan.json', secret)))).toEqual(
      JSON.parse(JSON.stringify(envelopeOf(podPlan()))),
    );
    expect(at('/metadata/labels', secret)).toMatchObject({
      [LABEL.action]: 'restart-pod',
      [LABEL.executionId]: EXECUTION,
    });
  });
});
