import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalog } from '../../../src/catalog/index.ts';
import { INPUT_DEFINITIONS } from '../../../src/step/input-registry.ts';
import { readInputs } from '../../../src/step/inputs.ts';
import { accept, acceptWith, environmentOf, onlyExecution, refuse, refuseWith } from './reading.ts';

const UNDONE = 'scale-deployment-0123456789';
const HASH = `sha256:${'0a'.repeat(32)}`;

const DEFAULTS = INPUT_DEFINITIONS.flatMap((input): [string, string][] =>
  input.default === undefined ? [] : [[input.name, input.default]],
);

describe('inputs alone', () => {
  it('ask for one execution, with the defaults of action.yml', () => {
    const { request } = accept({
      action: 'scale-deployment',
      target: 'deployment/web',
      parameters: 'replicas: 3',
    });
    expect(request).toEqual({
      mode: 'simulate',
      executions: [
        expect.objectContaining({
          action: expect.objectContaining({ name: 'scale-deployment' }),
          parameters: { replicas: 3 },
          kind: expect.objectContaining({ kind: 'Deployment' }),
          name: 'web',
          requireApproval: false,
          settings: {
            onFailure: 'rollback',
            onLocked: 'fail',
            lockTimeoutSeconds: 300,
            verifyTimeoutSeconds: 300,
            runTimeoutSeconds: 600,
            scheduleTimeoutSeconds: 120,
            soakSeconds: 0,
          },
          timeouts: { totalSeconds: 900, scheduleSeconds: 120, runSeconds: 600 },
          labels: {},
        }),
      ],
      options: {
        jobNamespace: 'kubernetes-executor',
        jobLabels: {},
        jobAnnotations: {},
        streamLogs: true,
        uploadArtifact: 'always',
        gitops: 'refuse',
        force: false,
        maxRisk: 'critical',
      },
    });
    expect(request.executions[0]).not.toHaveProperty('namespace');
  });

  it.each(DEFAULTS)('mean the default of %s where it is empty or blank: %s', (name, value) => {
    const read = (text: string) => acceptWith({ credentials: 'in-cluster', [name]: text });
    expect(read('')).toEqual(read(value));
    expect(read(' \n')).toEqual(read(value));
  });

  it('shorten the times of others where those do not fit', () => {
    const short = onlyExecution(acceptWith({ timeout: '1m', 'run-timeout': '5s', 'on-locked': 'wait' }));
    expect(short).toMatchObject({
      settings: { verifyTimeoutSeconds: 5, lockTimeoutSeconds: 5, scheduleTimeoutSeconds: 60 },
      timeouts: { totalSeconds: 60, scheduleSeconds: 60, runSeconds: 5 },
    });
  });

  it('that are empty count as not given', () => {
    const empty = {
      namespace: '',
      spec: ' ',
      'spec-file': '',
      'plan-hash': '',
      timeout: '',
      'stream-logs': '',
    };
    expect(acceptWith(empty)).toEqual(acceptWith({}));
  });

  it('may say everything', () => {
    const { request } = acceptWith({
      namespace: 'shop',
      'on-failure': 'keep',
      'on-locked': 'wait',
      'lock-timeout': '0s',
      soak: '30s',
      'verify-timeout': '1m',
      'job-namespace': 'team-a',
      'job-labels': 'team=a, tier=web',
      'job-annotations': 'note=one, two\nexample.com/ticket=A-1\n',
      'stream-logs': 'FALSE',
      'upload-artifact': 'on-failure',
      'artifact-name': "web, the team's",
      'retention-days': '7',
      gitops: 'warn',
      force: 'true',
      'max-risk': 'high',
      'max-replica-change': '2',
    });
    expect(request.options).toEqual({
      jobNamespace: 'team-a',
      jobLabels: { team: 'a', tier: 'web' },
      jobAnnotations: { note: 'one, two', 'example.com/ticket': 'A-1' },
      streamLogs: false,
      uploadArtifact: 'on-failure',
      artifactName: "web, the team's",
      retentionDays: 7,
      gitops: 'warn',
      force: true,
      maxRisk: 'high',
      maxReplicaChange: 2,
    });
    expect(request.executions[0]).toMatchObject({
      namespace: 'shop',
      settings: {
        onFailure: 'keep',
        onLocked: 'wait',
        lockTimeoutSeconds: 0,
        soakSeconds: 30,
        verifyTimeoutSeconds: 60,
      },
    });
  });

  it.each([
    ['apply', { 'plan-hash': HASH }, { planHash: HASH }],
    ['rollback', { 'execution-id': UNDONE }, { executionId: UNDONE }],
    ['plan', {}, {}],
  ])('of mode %s carry what it needs', (mode, inputs, options) => {
    const { request } = acceptWith({ mode, credentials: 'in-cluster', ...inputs });
    expect(request).toMatchObject({ mode, options });
  });
});

describe('a target', () => {
  it.each([
    ['scale-deployment', 'web', 'Deployment', 'web'],
    ['scale-deployment', 'deploy/web', 'Deployment', 'web'],
    ['scale-deployment', 'Deployment/web.v1', 'Deployment', 'web.v1'],
    ['scale-deployment', 'deployments.apps/web', 'Deployment', 'web'],
    ['scale-deployment', 'deployments.v1.apps/web', 'Deployment', 'web'],
    ['rollout-restart', 'sts/db', 'StatefulSet', 'db'],
    ['rollout-restart', 'daemonsets/agent', 'DaemonSet', 'agent'],
    ['restart-statefulset', 'db', 'StatefulSet', 'db'],
    ['restart_daemonset', 'agent', 'DaemonSet', 'agent'],
    ['restart-pod', 'web-0', 'Pod', 'web-0'],
    ['restart-pod', 'pod/web-0', 'Pod', 'web-0'],
    ['restart-pod', 'deployment/web', 'Deployment', 'web'],
  ])('of %s may be %s', (action, target, kind, name) => {
    const parameters = action === 'scale-deployment' ? 'replicas: 1' : '';
    expect(onlyExecution(accept({ action, target, parameters }))).toMatchObject({ kind: { kind }, name });
  });

  it.each([
    ['sts/web', '"sts" is not a kind that scale-deployment acts on; expected deployment'],
    ['deploymet/web', 'expected deployment. Did you mean "deployment"?'],
    ['deployments.extensions/web', '"deployments.extensions" is not a kind'],
    ['deployment/', '"" is not a Kubernetes name'],
    ['deployment/a/b', '"a/b" is not a Kubernetes name'],
    ['Web', '"Web" is not a Kubernetes name'],
    ['web..v1', '"web..v1" is not a Kubernetes name'],
    ['web,api', 'One object per run: use a matrix for several, or a selector where the action takes one.'],
    ['../web', '".." is not a kind'],
    [`deployment/${'x'.repeat(254)}`, 'is not a Kubernetes name: at most 253'],
  ])('may not be %s', (target, expected) => {
    expect(refuseWith({ target }).join('\n')).toContain(expected);
  });

  it('is of the kind that an alias names', () => {
    expect(refuse({ action: 'restart-statefulset', target: 'deployment/web' })).toEqual([
      'input target: "deployment" is not a kind that rollout-restart acts on; expected statefulset.',
    ]);
  });
});

describe('parameters', () => {
  it.each([
    ['replicas: 0', { replicas: 0 }],
    ['replicas_increment: 2', { 'replicas-increment': 2 }],
    ['replicasIncrease: -1', { 'replicas-increase': -1 }],
    ['{"replicas": 4, "dryRun": false}', { replicas: 4 }],
  ])('are read from %j', (parameters, expected) => {
    expect(onlyExecution(acceptWith({ parameters })).parameters).toEqual(expected);
  });

  it.each([
    ['replicas: abc', 'input parameters line 1, replicas: "abc" is not a whole number from 0 to 1000.'],
    ['\n\nreplicas: 1.5', 'input parameters line 3, replicas: 1.5 is not a whole number from 0 to 1000.'],
    ['replicas: -1', 'input parameters line 1, replicas: -1 is not a whole number from 0 to 1000.'],
    ['replicas: 1001', 'input parameters line 1, replicas: 1001 is not a whole number from 0 to 1000.'],
    ['replicas:', 'input parameters line 1, replicas: nothing is not a whole number from 0 to 1000.'],
    ['replicas: [1]', 'input parameters line 1, replicas: a list is not a whole number from 0 to 1000.'],
    [
      'replica: 3',
      'input parameters line 1, replica: "replica" is not a parameter of the action; expected replicas, replicas-increment, replicas-increase. Did you mean "replicas"?',
    ],
    [
      'replicas: 3\nforce: true',
      'input parameters line 2, force: true is refused: only the workflow may set this: use the input "force".',
    ],
    [
      'replicas: 3\nnamespace: shop',
      'input parameters line 2, namespace: is no parameter: it belongs to the target, beside the parameters.',
    ],
    [
      'replicas_increment: 1\nreplicasIncrement: 2',
      'input parameters line 2, replicasIncrement: "replicasIncrement" is the same as "replicas_increment"; give one of them.',
    ],
    [
      'replicas: 3\nreplicas-increment: 1',
      'input parameters line 1: give exactly one of replicas, replicas-increment and replicas-increase.',
    ],
    ['', 'input parameters: give exactly one of replicas, replicas-increment and replicas-increase.'],
    ['3', 'input parameters line 1: 3 is not a YAML map such as "replicas: 3".'],
    ['replicas: 3\n---\nreplicas: 4', 'input parameters line 3: a second document; expected one YAML map.'],
    ['replicas: {', 'input parameters line 1: not valid YAML'],
  ])('are refused from %j', (parameters, expected) => {
    expect(refuseWith({ parameters }).join('\n')).toContain(expected);
  });
});

describe('inputs are refused', () => {
  it.each([
    [{ targt: 'web' }, 'input targt: "targt" is not an input of this action. Did you mean "target"?'],
    [
      { plan_hash: '' },
      'input plan_hash: "plan_hash" is not an input of this action. Did you mean "plan-hash"?',
    ],
    [
      { dry_run: 'true' },
      'input dry_run: "dry_run" is not an input of this action; use "mode: plan" for a rehearsal alone.',
    ],
    [{ token: 'x' }, 'input token: "token" is not an input of this action. Did you mean "cluster-token"?'],
    [{ colour: 'red' }, 'input colour: "colour" is not an input of this action.'],
    [
      { replicas: '3' },
      'input replicas: "replicas" is a parameter of an action, not an input; write it into the input "parameters".',
    ],
    [{ 'stream-logs': 'yes' }, 'input stream-logs: "yes" is not true or false.'],
    [{ force: 'ture' }, 'input force: "ture" is not true or false. Did you mean "true"?'],
    [{ timeout: '15' }, 'input timeout: "15" is not a duration such as 90s, 5m or 1h30m.'],
    [{ 'run-timeout': '0s' }, 'input run-timeout: "0s" is not at least 1s.'],
    [{ 'schedule-timeout': '48h' }, 'input schedule-timeout: "48h" is not at most 24h.'],
    [{ 'on-failure': 'undo' }, 'input on-failure: "undo" is not one of rollback, keep.'],
    [
      { 'max-risk': 'hihg' },
      'input max-risk: "hihg" is not one of low, medium, high, critical. Did you mean "high"?',
    ],
    [{ 'retention-days': '0' }, 'input retention-days: "0" is not a whole number from 1 to 400.'],
    [{ 'max-replica-change': '-1' }, 'input max-replica-change: "-1" is not a whole number from 0 to 1000.'],
    [
      { 'max-replica-change': '0x10' },
      'input max-replica-change: "0x10" is not a whole number from 0 to 1000.',
    ],
    [{ namespace: 'shop/web' }, 'input namespace: "shop/web" is not a DNS label'],
    [{ namespace: 'a'.repeat(64) }, 'is not a DNS label: at most 63'],
    [{ 'job-namespace': 'Team' }, 'input job-namespace: "Team" is not a DNS label'],
    [{ 'job-labels': 'team' }, 'input job-labels: "team" is not key=value.'],
    [{ 'job-labels': 'team=a b' }, 'input job-labels: "team=a b" has a value that no label may have'],
    [{ 'job-labels': '-x=1' }, 'input job-labels: "-x=1" has a key that Kubernetes does not take: "-x".'],
    [
      { 'job-labels': 'kubernetesexecution.kubernaut.io/action=x' },
      'which is reserved for the executor and the cluster.',
    ],
    [
      { 'job-annotations': 'sidecar.k8s.io/inject=true' },
      'which is reserved for the executor and the cluster.',
    ],
    [{ 'artifact-name': 'a/b' }, 'input artifact-name: "a/b" has a character that GitHub refuses'],
    [
      { mode: 'dry-run' },
      'input mode: "dry-run" is not one of run, plan, apply, rollback, simulate. Did you mean "plan"?',
    ],
    [{ mode: 'apply', credentials: 'in-cluster' }, 'input plan-hash: is not given; mode: apply needs it.'],
    [
      { mode: 'rollback', credentials: 'in-cluster' },
      'input execution-id: is not given; mode: rollback needs it.',
    ],
    [{ 'plan-hash': HASH }, 'input plan-hash: is for mode: apply alone, but the mode is simulate.'],
    [
      { mode: 'apply', 'plan-hash': 'abc', credentials: 'in-cluster' },
      'input plan-hash: "abc" is not the output plan-hash of a run',
    ],
    [
      { mode: 'rollback', 'execution-id': 'a b', credentials: 'in-cluster' },
      'input execution-id: "a b" is not the output execution-id of a run',
    ],
    [{ spec: 'a: 1' }, 'inputs action, target, parameters, spec: say what to do in two ways'],
    [{ 'spec-file': 'x.yaml' }, 'say what to do in two ways'],
  ])('%j', (inputs, expected) => {
    expect(refuseWith(inputs).join('\n')).toContain(expected);
  });

  it('an action beside a spec, and not what follows from it', () => {
    const spec = 'a: 1';
    const told = refuse({ action: 'scale-deployment', spec });
    expect(told).toContain(
      'inputs action, spec: say what to do in two ways; give action and target, or spec, or spec-file.',
    );
    expect(told.filter((one) => /^input (target|parameters)/.test(one))).toEqual([]);
  });

  it('that do not say what to do', () => {
    expect(refuse({})).toEqual([
      'input action: is not given; say what to do with action and target, spec or spec-file.',
      'input target: is not given; expected an object such as deployment/web.',
    ]);
  });

  it('all at once, however many are wrong', () => {
    const problems = refuse({
      action: 'ScaleDeployment',
      target: 'sts/Web',
      namespace: 'a/b',
      parameters: 'replicas: abc\nreplica: 3',
      targt: 'x',
      timeout: 'soon',
      mode: 'rum',
      kubeconfig: 'x',
      'cluster-token': 'y',
    });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'input targt',
      'input mode',
      'input timeout',
      'input namespace',
      'input parameters line 2, replica',
      'input parameters line 1, replicas',
      'input target',
      'input target',
      'input credentials',
    ]);
  });

  it('all at once, checked as for the nearest action where none is named', () => {
    const wrong = { target: 'sts/web', parameters: 'replicas: abc' };
    expect(refuse({ action: 'scale-deploymnt', ...wrong }).map((problem) => problem.split(':')[0])).toEqual([
      'input action',
      'input parameters line 1, replicas',
      'input target',
    ]);
    expect(refuse({ action: 'make-it-work', target: 'Web', namespace: 'a/b' })).toHaveLength(3);
  });

  it('with a namespace for an action on objects that have none', () => {
    const clusterWide = catalog.map((action) => ({ ...action, scope: 'cluster' as const }));
    const inputs = { mode: 'simulate', action: 'restart-pod', target: 'web', namespace: 'shop' };
    expect(readInputs(environmentOf(inputs), '/', clusterWide)).toMatchObject({
      problems: [
        {
          where: 'input namespace',
          message: 'restart-pod acts on objects without a namespace; leave it out',
        },
      ],
    });
  });

  it('of a mode that is none without asking for credentials, which not every mode needs', () => {
    expect(refuseWith({ mode: 'dry-run' })).toHaveLength(1);
  });

  it('with a value that stays on its line', () => {
    const [problem] = refuseWith({ mode: 'run\n::set-output name=result::succeeded' });
    expect(problem).toContain(String.raw`"run\n::set-output name=result::succeeded"`);
    expect(problem?.split('\n')).toHaveLength(1);
  });

  it('shortly, however long the value', () => {
    expect(refuseWith({ 'on-failure': 'x'.repeat(100_000) }).join('').length).toBeLessThan(300);
  });

  it('rather than crash, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), fc.string(), (inputs, value) => {
        const read = readInputs(environmentOf({ ...inputs, target: value, parameters: value }), '/');
        expect('problems' in read && read.problems.length > 0).toBe(true);
      }),
    );
  });
});
