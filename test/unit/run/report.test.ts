import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src/catalog/index.ts';
import { environmentOf } from '../../../src/run/environment.ts';
import type { RunRecord } from '../../../src/run/record.ts';
import { renderReport } from '../../../src/run/report.ts';
import { accept, onlyExecution, refuse } from '../spec/reading.ts';
import { recordWithout, rolledBack, scaledRecord, scalePlan, scaleVerdict } from '../step/scaled-record.ts';

const pod = { target: 'pod/web-1', namespace: 'shop' };
const deployment = { target: 'deployment/web', namespace: 'shop' };
const manifest = [
  'apiVersion: v1',
  'kind: ConfigMap',
  'metadata: {name: a, namespace: shop}',
  'data: {mode: "0644", on: "yes", text: "a: b\\n---\\nc"}',
  '---',
  'apiVersion: v1',
  'kind: Service',
  'metadata: {name: b, namespace: shop}',
  'spec: {ports: [{port: 0777}]}',
].join('\n');
const withVariable = [
  'apiVersion: v1',
  'kind: Pod',
  'metadata: {name: a}',
  'spec: {containers: [{name: app, image: "web:1", env: [{name: LOG_LEVEL, value: hunter2hunter2}]}]}',
].join('\n');
const objects = { parameters: JSON.stringify({ manifest }) };

/** Of each action what asks for it in the short form. */
const asked = new Map<string, Record<string, string>>([
  ['scale-deployment', { ...deployment, parameters: 'replicas: 3' }],
  ['rollout-restart', { ...deployment, target: 'statefulset/db' }],
  ['restart-pod', { ...pod, parameters: 'grace-period-seconds: 5' }],
  ['update-image', { ...deployment, parameters: 'images: {app: "web:2"}' }],
  ['rollback-deployment', { ...deployment, parameters: 'revision: 2' }],
  ['update-configmap', { target: 'cm/a', namespace: 'shop', parameters: 'data: {mode: fast, old: null}' }],
  ['update-secret', { target: 'secret/a', namespace: 'shop', parameters: 'remove: [old]' }],
  ['label-resource', { ...pod, parameters: 'labels: {tier: web, old: null}' }],
  ['apply-manifest', { ...objects, namespace: 'shop' }],
  ['delete-manifest', { ...objects, namespace: 'shop' }],
  ['apply-cluster-manifest', objects],
  ['collect-logs', { selector: 'app=web', namespace: 'shop', parameters: 'since: 5m' }],
  ['collect-diagnostics', pod],
  ['cordon-node', { target: 'node/n1' }],
  ['uncordon-node', { target: 'node/n1' }],
  ['drain-node', { target: 'node/n1', parameters: 'ignore-daemonsets: true' }],
]);

/** As whoever reads the JSON sees it. */
function reported(record: RunRecord) {
  return JSON.parse(JSON.stringify(renderReport(record)));
}

describe('the report of a success', () => {
  const { metadata, spec, status } = reported(scaledRecord());

  it('says what was asked in the form of a spec', () => {
    expect(metadata).toEqual({
      name: 'scale-deployment-7c2e9b41d0',
      namespace: 'kubernetes-executor',
      labels: {
        team: 'shop',
        'kubernetesexecution.kubernaut.io/action': 'scale-deployment',
        'kubernetesexecution.kubernaut.io/execution-id': 'scale-deployment-7c2e9b41d0',
      },
    });
    expect(spec).toEqual({
      action: {
        type: 'scale-deployment',
        target: { namespace: 'shop', resourceKind: 'Deployment', resourceName: 'web' },
        parameters: { replicas: 3 },
      },
      timeout: '900s',
    });
  });

  it.each([...asked])('of %s is read again as the same request', (action, inputs) => {
    const execution = onlyExecution(accept({ action, ...inputs }));
    const { namespace = '' } = execution;
    const spec = JSON.stringify(reported(scaledRecord({ request: execution, namespace })));
    const again = onlyExecution(accept({ spec }));
    expect({ ...again, labels: {} }).toEqual({ ...execution, labels: {} });
  });

  it.each([
    [
      'update-configmap',
      { target: 'cm/a', namespace: 'shop', parameters: 'data: {DB_PASSWORD: hunter2hunter2, mode: fast}' },
      'spec.action.parameters.data.DB_PASSWORD: has <<redacted>> in it',
    ],
    [
      'apply-manifest',
      { namespace: 'shop', parameters: JSON.stringify({ manifest: withVariable }) },
      'spec.containers[0].env[0].value (document 1): has <<redacted>> in it',
    ],
  ])('of %s is refused as long as it lacks what was left out', (action, inputs, problem) => {
    const execution = onlyExecution(accept({ action, ...inputs }));
    const report = JSON.stringify(reported(scaledRecord({ request: execution, namespace: 'shop' })));
    expect(report).not.toContain('hunter2hunter2');
    expect(refuse({ spec: report })).toEqual([expect.stringContaining(problem)]);
    expect(refuse({ spec: report.replaceAll('<<redacted>>', 'put in') })).toEqual([]);
  });

  it('is one that can be read again for every action', () => {
    expect([...asked.keys()].toSorted()).toEqual(catalog.map(({ name }) => name).toSorted());
  });

  it('says what came of it', () => {
    expect(status).toMatchObject({
      phase: 'completed',
      result: 'succeeded',
      reasonCode: 'ok',
      environment: 'production',
      riskAssessment: { riskLevel: 'low', riskScore: 0.1 },
      performanceMetrics: { effectivenessScore: 1 },
      executionResults: {
        success: true,
        actionResult: 'success',
        duration: '2.134s',
        exitCode: 0,
        kubernetesOperations: [{ outcome: 'applied', status: 200 }],
        log: { complete: true, lines: 3 },
      },
      validationResults: {
        rbacValidation: true,
        resourceExists: true,
        policyValidation: { allowed: true, requiredApproval: false, violations: [] },
        dryRunResults: { performed: true, success: true, warnings: [], errors: [] },
        postConditionResults: [{ evaluated: true, passed: true, detail: '3 of 3' }],
      },
      rollbackInformation: {
        available: true,
        triggered: false,
        rollbackAction: 'set replicas of deployment/web from 3 to 2',
      },
    });
  });

  it('names only the fields touched, before and after', () => {
    expect(status.executionResults.resourcesAffected).toEqual([
      {
        kind: 'Deployment',
        resource: 'deployments.apps',
        namespace: 'shop',
        name: 'web',
        action: 'scaled',
        outcome: 'applied',
        before: { '/spec/replicas': 2 },
        after: { '/spec/replicas': 3 },
      },
    ]);
  });

  it('has conditions as Kubernetes knows them', () => {
    expect(
      status.conditions.map(({ type, status: holds }: Record<string, string>) => `${type}=${holds}`),
    ).toEqual(['ActionSupported=True', 'Validated=True', 'Completed=True', 'Ready=True']);
    for (const { reason } of status.conditions) expect(reason).toMatch(/^[A-Za-z]+$/);
  });
});

describe('the report', () => {
  it('of a change that was undone says so', () => {
    const { status } = reported(rolledBack);
    expect(status).toMatchObject({
      phase: 'rolled-back',
      executionResults: { success: false, actionResult: 'failure', errorMessage: rolledBack.message },
      performanceMetrics: { effectivenessScore: 0 },
      rollbackInformation: {
        available: false,
        triggered: true,
        succeeded: true,
        operations: [{ outcome: 'applied' }],
        checks: [{ passed: true, detail: '2 of 2' }],
      },
    });
    expect(status.executionResults.resourcesAffected).toMatchObject([{ name: 'web', outcome: 'undone' }]);
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'RolledBack', status: 'True', reason: 'ImagePullFailed' }),
    );
  });

  it('of a change that was undone says so also where the lists of its verdict did not come through', () => {
    const { undo: _undo, ...rest } = rolledBack.verdict ?? scaleVerdict;
    const left = { shortened: true, changed: false, undone: true } as const;
    const verdict = { ...rest, requests: [], checks: [], ...left };
    const { status } = reported({ ...rolledBack, verdict });
    expect(status.rollbackInformation).toMatchObject({ available: false, triggered: true, succeeded: true });
    expect(status.executionResults.resourcesAffected).toMatchObject([{ name: 'web', outcome: 'undone' }]);
    expect(status).not.toHaveProperty('performanceMetrics');
    const changed = { ...verdict, result: 'failed', changed: true, undone: false } as const;
    const kept = reported({ ...rolledBack, result: 'failed', changed: true, verdict: changed });
    expect(kept.status.executionResults.resourcesAffected).toMatchObject([{ outcome: 'unknown' }]);
  });

  it('of a change that somebody had put back first says that it was undone', () => {
    const { undo } = rolledBack.verdict ?? {};
    const requests = undo?.requests.map((one) => ({ ...one, outcome: 'not-applied', status: 422 }) as const);
    const verdict = {
      ...(rolledBack.verdict ?? scaleVerdict),
      undo: { requests: requests ?? [], checks: [] },
    };
    const { status } = reported({ ...rolledBack, verdict });
    expect(status.rollbackInformation).toMatchObject({ triggered: true, succeeded: true });
    expect(status.executionResults.resourcesAffected).toMatchObject([{ name: 'web', outcome: 'undone' }]);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'RolledBack', status: 'True' }));
  });

  it('of a change of which only a part was sent calls no more undone', () => {
    const api = { ...scalePlan.requests[0], summary: 'set replicas of deployment/api from 2 to 3' };
    const undoing = { ...api, summary: 'set replicas of deployment/api from 3 to 2', undoes: 1 };
    const { undo } = scalePlan;
    if (undo.kind !== 'requests') throw new Error('no undo');
    const plan = {
      ...scalePlan,
      requests: [...scalePlan.requests, api],
      undo: { ...undo, requests: [undoing, ...undo.requests] },
    } as RunRecord['plan'];
    const { status } = reported({ ...rolledBack, ...(plan ? { plan } : {}) });
    expect(status.executionResults.resourcesAffected).toMatchObject([{ name: 'web', outcome: 'undone' }]);
  });

  it('of an undo that failed says that too', () => {
    const failed = { result: 'rollback-failed', reasonCode: 'rollback-failed' } as const;
    const verdict = { ...(rolledBack.verdict ?? scaleVerdict), ...failed };
    const { status } = reported({ ...rolledBack, ...failed, verdict });
    expect(status).toMatchObject({
      phase: 'failed',
      rollbackInformation: { triggered: true, succeeded: false },
    });
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'RolledBack', status: 'False' }),
    );
  });

  it('of a run that only undoes tells what it undid', () => {
    const { undo } = rolledBack.verdict ?? {};
    const { status } = reported(
      recordWithout(['plan', 'planHash', 'rehearsal'], {
        mode: 'rollback',
        verdict: { ...scaleVerdict, requests: [], checks: [], ...(undo ? { undo } : {}) },
      }),
    );
    expect(status.rollbackInformation).toMatchObject({
      available: false,
      rollbackAction: 'set replicas of deployment/web from 3 to 2',
      triggered: true,
      succeeded: true,
    });
    expect(status).not.toHaveProperty('performanceMetrics');
  });

  it('of a plan holds what would be done, and claims nothing of an execution', () => {
    const { status } = reported(
      recordWithout(['job', 'verdict', 'log'], { result: 'planned', reasonCode: 'planned', mode: 'plan' }),
    );
    expect(status.phase).toBe('validated');
    expect(status.executionResults.resourcesAffected).toMatchObject([{ outcome: 'planned' }]);
    expect(status.executionResults).not.toHaveProperty('actionResult');
    expect(status.executionResults).not.toHaveProperty('exitCode');
    expect(status).not.toHaveProperty('performanceMetrics');
    expect(status.rollbackInformation.available).toBe(false);
    expect(status.conditions.map(({ type }: { type: string }) => type)).not.toContain('Completed');
  });

  it('of a refusal names what is missing and what was violated', () => {
    const { status } = reported(
      recordWithout(['job', 'verdict', 'log', 'rehearsal'], {
        result: 'refused',
        reasonCode: 'permission-missing',
        message: 'a right is missing',
        permissions: [
          {
            who: 'action',
            identity: 'a',
            permission: 'patch x',
            allowed: 'unknown',
            grant: 'kind: RoleBinding',
          },
        ],
        gates: [
          { gate: 'gitops', verdict: 'refuse', reasonCode: 'gitops-managed', message: 'Argo CD owns it' },
          {
            gate: 'autoscaler',
            verdict: 'unknown',
            reasonCode: 'autoscaler-managed',
            message: 'could not ask',
          },
          { gate: 'paused', verdict: 'warn', reasonCode: 'rollout-paused', message: 'paused' },
        ],
      }),
    );
    expect(status.validationResults).toMatchObject({
      rbacValidation: false,
      permissions: [{ allowed: 'unknown', grant: 'kind: RoleBinding' }],
      policyValidation: { allowed: false, violations: ['Argo CD owns it', 'could not ask'] },
    });
    expect(status.executionResults.resourcesAffected).toEqual([]);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Validated', status: 'False' }));
  });

  it('holds what was neither seen to be done nor refused as unknown', () => {
    const record = recordWithout(['verdict'], { result: 'failed', reasonCode: 'executor-lost' });
    const lost = reported(record);
    expect(lost.status.executionResults.resourcesAffected).toMatchObject([{ outcome: 'unknown' }]);
    const { job } = record;
    if (!job) throw new Error('it has a Job');
    const unstarted = reported({ ...record, job: { ...job, fate: 'never-started' } });
    expect(unstarted.status.executionResults.resourcesAffected).toEqual([]);
    const refused = {
      ...scaleVerdict,
      requests: [{ summary: '', outcome: 'not-applied' as const, status: 409 }],
    };
    const conflict = reported(scaledRecord({ result: 'failed', reasonCode: 'conflict', verdict: refused }));
    expect(conflict.status.executionResults.resourcesAffected).toEqual([]);
  });

  it('counts a check that was never judged as not met', () => {
    const plan = { ...scalePlan, checks: [...scalePlan.checks, ...scalePlan.checks, ...scalePlan.checks] };
    const { status } = reported(scaledRecord({ plan }));
    expect(status.performanceMetrics.effectivenessScore).toBeCloseTo(1 / 3);
  });

  it('says why there is no undo', () => {
    const plan = { ...scalePlan, undo: { kind: 'irreversible', reason: 'the pod is gone' } } as const;
    expect(reported(scaledRecord({ plan })).status.rollbackInformation).toEqual({
      available: false,
      rollbackAction: 'the pod is gone',
      triggered: false,
    });
  });

  it("of a rehearsal that was refused has the server's words", () => {
    const { status } = reported(
      recordWithout(['job', 'verdict', 'log'], {
        result: 'refused',
        reasonCode: 'rehearsal-refused',
        message: 'refused',
        rehearsal: {
          requests: [{ summary: 'scale', outcome: 'refused', status: 403, message: 'denied', diff: [] }],
          findings: [
            { severity: 'refusal', about: 'pods of deployment/web', message: 'exceeded quota' },
            { severity: 'warning', about: 'scale', message: 'deprecated' },
          ],
        },
      }),
    );
    expect(status.validationResults.dryRunResults).toMatchObject({
      success: false,
      errors: ['scale: denied', 'pods of deployment/web: exceeded quota'],
      warnings: ['scale: deprecated'],
    });
  });
});

describe('the environment', () => {
  it.each([
    ['shop', { 'kubernaut.io/environment': 'production', environment: 'x' }, 'production'],
    ['shop', { environment: 'staging' }, 'staging'],
    ['shop', { environment: '' }, 'shop'],
    ['shop', {}, 'shop'],
    ['', {}, 'cluster'],
  ])('of namespace "%s" with labels %j is %s', (namespace, labels, environment) => {
    expect(environmentOf(namespace, labels)).toBe(environment);
  });
});
