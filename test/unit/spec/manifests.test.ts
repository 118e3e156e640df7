import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OBJECT, UNION, V1 } from './manifest-texts.ts';
import { accept, onlyExecution, refuse } from './reading.ts';

describe('a manifest of executor.kubernaut.io/v1', () => {
  const execution = onlyExecution(accept({ spec: V1, 'on-failure': 'keep' }));

  it('runs as its sources write it', () => {
    expect(execution).toMatchObject({
      action: { name: 'restart-pod' },
      parameters: { 'grace-period-seconds': 30 },
      kind: { kind: 'Pod' },
      name: 'web-5d4f8c7b9d-x2x7k',
      namespace: 'shop',
      requireApproval: false,
    });
  });

  it('makes time limits shorter and asks for the undo', () => {
    expect(execution.timeouts).toEqual({ totalSeconds: 240, scheduleSeconds: 120, runSeconds: 240 });
    expect(execution.settings).toMatchObject({
      verifyTimeoutSeconds: 90,
      runTimeoutSeconds: 240,
      scheduleTimeoutSeconds: 120,
      onFailure: 'rollback',
    });
  });

  it('leaves its references for the report', () => {
    expect(execution.labels).toEqual({
      'kubernaut.io/environment': 'production',
      'kubernaut.io/priority': 'p1',
      'workflow-execution': 'alerts/workflow-high-cpu',
      step: 'restart-pod',
      'alert-remediation': 'alerts/high-cpu',
      priority: 'high',
      manifest: 'alerts/restart-web-abc123',
    });
  });

  it('may ask for approval', () => {
    const spec = V1.replace('requireApproval: false', 'requireApproval: true');
    expect(onlyExecution(accept({ spec })).requireApproval).toBe(true);
  });

  it('is the same in JSON', () => {
    const spec = JSON.stringify({
      apiVersion: 'executor.kubernaut.io/v1',
      kind: 'KubernetesExecution',
      spec: {
        actionDefinition: {
          actionType: 'restart_pod',
          targetResource: { kind: 'Pod', name: 'web-1', namespace: 'shop' },
        },
      },
    });
    expect(onlyExecution(accept({ spec }))).toMatchObject({
      name: 'web-1',
      namespace: 'shop',
      parameters: {},
    });
  });
});

describe('a manifest of kubernetesexecution.kubernaut.io/v1alpha1', () => {
  it('runs with typed parameters; a timeout of 0s is none', () => {
    const execution = onlyExecution(accept({ spec: UNION, 'verify-timeout': '45s' }));
    expect(execution).toMatchObject({
      action: { name: 'scale-deployment' },
      parameters: { replicas: 3 },
      kind: { kind: 'Deployment' },
      name: 'web',
      namespace: 'shop',
      settings: { onFailure: 'rollback', verifyTimeoutSeconds: 45 },
      timeouts: { totalSeconds: 900 },
      labels: { 'workflow-execution': 'remediation', step: '2', manifest: 'remediation-step-2' },
    });
  });

  it('runs with an action object', () => {
    expect(onlyExecution(accept({ spec: OBJECT }))).toMatchObject({
      action: { name: 'rollout-restart' },
      kind: { kind: 'StatefulSet' },
      name: 'db',
      namespace: 'shop',
      settings: { verifyTimeoutSeconds: 90 },
      labels: { 'workflow-execution': 'alerts/remediation', step: '0' },
    });
  });

  it('takes a target word or namespace with nothing behind it as not given', () => {
    const spec = UNION.replace('namespace: shop', 'namespace: , deploymentName: ');
    const execution = onlyExecution(accept({ spec }));
    expect(execution.name).toBe('web');
    expect(execution).not.toHaveProperty('namespace');
  });

  it('takes any of the kinds as member of the target', () => {
    const spec = UNION.replace('scale_deployment', 'rollout_restart').replace(
      'scaleDeployment: {deployment: web, namespace: shop, replicas: 3}',
      'rolloutRestart: {statefulSet: db}',
    );
    expect(onlyExecution(accept({ spec }))).toMatchObject({ kind: { kind: 'StatefulSet' }, name: 'db' });
  });
});

it('several documents are several executions in their order', () => {
  const { request } = accept({ spec: `${V1}---\n${UNION}---\n${OBJECT}` });
  expect(request.executions.map(({ action, name }) => `${action.name} ${name}`)).toEqual([
    'restart-pod web-5d4f8c7b9d-x2x7k',
    'scale-deployment web',
    'rollout-restart db',
  ]);
});

it('a spec that leaves no time for the soak is refused', () => {
  expect(refuse({ spec: OBJECT, soak: '90s' })).toEqual([
    'input soak: "1m30s" must be over within the verification, which has 1m30s by the spec; give a shorter soak.',
  ]);
});

it('a spec can not loosen what the inputs say', () => {
  const limits = fc.integer({ min: 1, max: 3600 });
  fc.assert(
    fc.property(limits, limits, limits, (asked, total, verify) => {
      const spec = OBJECT.replace('timeout: 90s', `timeout: ${asked}s`);
      const inputs = { timeout: `${total}s`, 'run-timeout': '2h', 'verify-timeout': `${verify}s` };
      const { timeouts, settings } = onlyExecution(accept({ spec, ...inputs }));
      expect(timeouts.totalSeconds).toBe(Math.min(asked, total));
      expect(settings.verifyTimeoutSeconds).toBe(Math.min(asked, verify));
      expect(settings.runTimeoutSeconds).toBe(timeouts.runSeconds);
      expect(timeouts.runSeconds).toBe(asked);
    }),
  );
});
