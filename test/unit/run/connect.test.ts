/** The first stage and, of a rollback, the second: who we are, what is installed, what is recorded. */
import { describe, expect, it } from 'vitest';
import { DEPLOYMENT } from '../../../src/catalog/workloads.ts';
import type { ClusterAccess } from '../../../src/cluster/api.ts';
import { openApiServer } from '../../../src/cluster/transport.ts';
import { autoscaler } from '../../../src/gates/autoscaler.ts';
import { ANNOTATION, LABEL, PROTECTED_NAMESPACES } from '../../../src/plan/names.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { type Connecting, connect, connectToRehearse, namespaceOf } from '../../../src/run/connect.ts';
import { Ended, type Ending } from '../../../src/run/ending.ts';
import { identify } from '../../../src/run/identities.ts';
import { chooseProgram, readInstallation } from '../../../src/run/installation.ts';
import { orderOf } from '../../../src/run/job-manifest.ts';
import { lookInJob } from '../../../src/run/look-in-job.ts';
import { prepareRollback } from '../../../src/run/prepare-rollback.ts';
import { Recording } from '../../../src/run/recording.ts';
import type { RunOptions } from '../../../src/spec/request.ts';
import { AT } from '../catalog/asking.ts';
import { EXECUTION, scalePlan } from '../execute/executions.ts';
import { FakeApi, on } from '../execute/fake-api.ts';
import { gateInput, OPTIONS, REQUEST } from '../gates/gate-input.ts';
import { job } from './jobs.ts';

const HASH = '0123456789abcdef0123456789abcdef';
const PROGRAM = 'executor-0123456789abcdef';
const ACCESS: ClusterAccess = {
  url: 'https://fake.test',
  origin: 'kubeconfig input, context prod',
  namespace: 'from-context',
  credentials: () => Promise.resolve({ authorization: 'Bearer of-the-caller' }),
};

function installation(data: object = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'executor-installation', namespace: 'kubernetes-executor', uid: 'uid-installation' },
    data: { image: 'node:24', programs: `executor-fedcba9876543210\n${PROGRAM}`, ...data },
  };
}

function cluster(...objects: readonly KubernetesObject[]): FakeApi {
  const api = withoutTokens(...objects);
  api.answer(on('POST', '/token'), { status: 201, body: { metadata: {}, status: { token: 't' } } }, 9);
  return api;
}

function withoutTokens(...objects: readonly KubernetesObject[]): FakeApi {
  const api = new FakeApi(...objects);
  api.answer(on('GET', '/version'), { status: 200, body: { gitVersion: 'v1.36.3', minor: '36+' } }, 9);
  const userInfo = { username: 'system:serviceaccount:ci:deployer' };
  const review = { status: 201, body: { metadata: {}, status: { userInfo } } };
  api.answer(on('POST', '/selfsubjectreviews'), review, 9);
  return api;
}

function connecting(caller: FakeApi, over: Partial<Connecting> = {}): Connecting {
  return {
    caller,
    access: ACCESS,
    openServer: openApiServer,
    request: REQUEST,
    mode: 'run',
    options: OPTIONS,
    programHash: HASH,
    recording: new Recording('scale-deployment-9876543210', over.mode ?? 'run', REQUEST),
    report: () => {},
    ...over,
  };
}

async function endingOf(promise: Promise<unknown>): Promise<Ending> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof Ended) return error.ending;
  throw new Error(`no ending: ${String(error)}`);
}

describe('connect', () => {
  it('tells server and identity first, and chooses image and program of the installation', async () => {
    const told: string[] = [];
    const input = connecting(cluster(installation()), { report: (text) => told.push(text) });
    expect(await connect(input, 'shop')).toMatchObject({ image: 'node:24', program: PROGRAM });
    expect(told[0]).toMatch(
      /https:\/\/fake\.test.*v1\.36\.3.*system:serviceaccount:ci:deployer.*context prod/,
    );
    expect(input.recording.known.cluster).toMatchObject({ serverVersion: 'v1.36.3' });
  });

  it('asks for the tokens of the action and of the rehearser of pods, and for ten minutes', async () => {
    const api = cluster(installation());
    await connectToRehearse(connecting(api), 'shop');
    const tokens = api.requests.filter(on('POST', '/token'));
    expect(new Set(tokens.map(({ path }) => path.split('/').at(-2)))).toEqual(
      new Set(['action-scale-deployment', 'rehearse-pods']),
    );
    expect(tokens[0]?.body).toMatchObject({ spec: { expirationSeconds: 600 } });
  });

  it('tells a missing right before what fails for want of it', async () => {
    const api = withoutTokens();
    api.allows = ({ resource }) => resource !== 'serviceaccounts';
    api.answer(on('POST', '/token'), { status: 403 }, 9);
    const input = connecting(api);
    expect(await endingOf(connectToRehearse(input, 'shop'))).toMatchObject({
      reasonCode: 'permission-missing',
      message: expect.stringContaining('serviceaccounts/token'),
    });
    expect(input.recording.known.permissions.length).toBeGreaterThan(0);
  });

  it('says what to do where the ServiceAccount is missing', async () => {
    const api = withoutTokens(installation());
    api.answer(on('POST', '/token'), { status: 404 }, 9);
    expect(await endingOf(connectToRehearse(connecting(api), 'shop'))).toMatchObject({
      reasonCode: 'installation-missing',
      message: expect.stringContaining('kubectl apply -k manifests'),
    });
  });
});

describe('a look by a Job', () => {
  it('knows nothing of autoscalers, so that no change of replicas passes for want of one', async () => {
    const question = { namespace: 'shop', kind: DEPLOYMENT, name: 'web', parameters: {}, at: AT };
    const draft = { kind: 'refusal', reasonCode: 'target-unsuitable', message: '' } as const;
    const looked = await lookInJob(connecting(cluster(installation())), question, async () => ({
      permissions: [],
      draft,
    }));
    const { verdict } = autoscaler.judge(gateInput({ autoscalers: looked.autoscalers }));
    expect(verdict).toBe('unknown');
  });

  it('says first where it has no right at all that the namespace has not opted in', async () => {
    const question = { namespace: 'shop', kind: DEPLOYMENT, name: 'web', parameters: {}, at: AT };
    const asking = lookInJob(connecting(cluster(installation())), question, async () => ({
      permissions: [{ permission: 'get secrets in shop', allowed: 'no' }],
    }));
    expect(await endingOf(asking)).toMatchObject({
      reasonCode: 'permission-missing',
      message: expect.stringMatching(/^namespace shop has not opted in to scale-deployment/),
    });
  });
});

describe('namespaceOf', () => {
  it('is the one asked for, else that of the context, else default', () => {
    const { namespace: _asked, ...request } = REQUEST;
    const { namespace: _context, ...access } = ACCESS;
    expect(namespaceOf({ request: REQUEST, access: ACCESS })).toBe('shop');
    expect(namespaceOf({ request, access: ACCESS })).toBe('from-context');
    expect(namespaceOf({ request, access })).toBe('default');
    const action = { ...REQUEST.action, scope: 'cluster' as const };
    expect(namespaceOf({ request: { ...REQUEST, action }, access })).toBe('');
  });
});

describe('identify', () => {
  it.each(['29', '27+'])('refuses a server of minor version %s', async (minor) => {
    const api = new FakeApi();
    api.answer(on('GET', '/version'), { status: 200, body: { gitVersion: `v1.${minor}.0`, minor } });
    api.answer(on('POST', '/selfsubjectreviews'), { status: 201, body: { metadata: {} } });
    expect(await endingOf(identify(api, 'x'))).toMatchObject({
      result: 'refused',
      reasonCode: 'server-too-old',
    });
  });
});

describe('the installation', () => {
  it.each([
    ['is not there', cluster()],
    ['may not be seen', forbidden()],
  ])('where it %s, says how to install it', async (_name, api) => {
    expect(await endingOf(readInstallation(api, 'kubernetes-executor'))).toMatchObject({
      reasonCode: 'installation-missing',
      message: expect.stringContaining('kubectl apply -k manifests'),
    });
  });

  it('names the programs that it knows', async () => {
    const programs = 'executor-a\n  executor-b\n';
    const read = await readInstallation(cluster(installation({ programs })), 'kubernetes-executor');
    expect(read).toMatchObject({ image: 'node:24', programs: ['executor-a', 'executor-b'] });
  });

  it.each([
    ['of its own', { protectedNamespaces: 'kube-system  vault' }, ['kube-system', 'vault']],
    ['of the manifests, where it lists none', {}, PROTECTED_NAMESPACES],
  ])('says which namespaces it protects: those %s', async (_what, data, expected) => {
    const read = await readInstallation(cluster(installation(data)), 'kubernetes-executor');
    expect(read.protectedNamespaces).toEqual(expected);
  });

  it('must know the program of this version', () => {
    expect(chooseProgram(['executor-x', PROGRAM], HASH)).toBe(PROGRAM);
    for (const programs of [[], ['executor-x']]) {
      expect(() => chooseProgram(programs, HASH)).toThrow(PROGRAM);
    }
  });
});

describe('prepareRollback', () => {
  const options: RunOptions = { ...OPTIONS, executionId: EXECUTION };

  function record(labels: object = {}, annotations: object = {}): KubernetesObject {
    return {
      ...job(),
      metadata: {
        ...job().metadata,
        labels: {
          [LABEL.action]: 'scale-deployment',
          [LABEL.namespace]: 'shop',
          [LABEL.executionId]: EXECUTION,
          ...labels,
        },
        annotations: {
          [ANNOTATION.planHash]: 'sha256:abc',
          // As the Job of that execution names it.
          [ANNOTATION.target]: orderOf(scalePlan(5), '').target,
          [ANNOTATION.summary]: 'scale deployment/web in shop from 2 to 5 replicas',
          ...annotations,
        },
      },
    };
  }

  function prepared(...objects: readonly KubernetesObject[]) {
    return prepareRollback(connecting(cluster(installation(), ...objects), { mode: 'rollback', options }));
  }

  it('takes from the record what the Job has to declare', async () => {
    const { order } = await prepared(record());
    expect(order).toEqual({
      declared: {
        planHash: 'sha256:abc',
        action: 'scale-deployment',
        scope: { kind: 'namespace', namespace: 'shop' },
        rollsBack: EXECUTION,
        rollbackSettings: {
          onLocked: 'fail',
          lockTimeoutSeconds: expect.any(Number),
          verifyTimeoutSeconds: expect.any(Number),
          runTimeoutSeconds: expect.any(Number),
          scheduleTimeoutSeconds: expect.any(Number),
        },
      },
      target: 'shop/deployment/web',
      summary: expect.stringContaining(EXECUTION),
    });
  });

  it('says that the record is gone', async () => {
    expect(await endingOf(prepared())).toMatchObject({
      result: 'refused',
      reasonCode: 'rollback-expired',
      message: expect.stringContaining(EXECUTION),
    });
  });

  it.each([
    ['of another action', { [LABEL.action]: 'restart-pod' }, 'restart-pod'],
    ['of a rollback', { [LABEL.rollsBack]: 'scale-deployment-1' }, 'itself a rollback'],
  ])('refuses the record %s: the right was asked for this one', async (_name, labels, text) => {
    expect(await endingOf(prepared(record(labels)))).toMatchObject({
      reasonCode: 'target-unsuitable',
      message: expect.stringContaining(text),
    });
  });

  it.each([
    ['in another namespace', { [LABEL.namespace]: 'other' }, 'other/deployment/web'],
    ['of another target', {}, 'shop/deployment/api'],
  ])('refuses the record %s, and says what it is of', async (_name, labels, target) => {
    expect(await endingOf(prepared(record(labels, { [ANNOTATION.target]: target })))).toMatchObject({
      reasonCode: 'target-unsuitable',
      message: expect.stringContaining(
        `of scale-deployment on ${target}, but scale-deployment on deployment/web in shop was asked for`,
      ),
    });
  });
});

function forbidden(): FakeApi {
  const api = new FakeApi();
  api.answer(on('GET', '/executor-installation'), { status: 403, message: 'configmaps is forbidden' });
  return api;
}
