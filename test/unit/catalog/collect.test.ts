import { describe, expect, it } from 'vitest';
import { collectDiagnostics } from '../../../src/catalog/collect-diagnostics.ts';
import { collectLogs } from '../../../src/catalog/collect-logs.ts';
import { DEPLOYMENT, POD } from '../../../src/catalog/workloads.ts';
import type { LogContent } from '../../../src/plan/plan.ts';
import { planFor, refusalFor } from './asking.ts';
import { deployment, ownedBy, pod, replicaSet } from './cluster-objects.ts';

const several = pod('web-1', {
  spec: {
    containers: [{ name: 'app' }, { name: 'proxy' }],
    initContainers: [{ name: 'prepare' }],
    ephemeralContainers: [{ name: 'debugger-x' }],
  },
  status: {
    containerStatuses: [
      { name: 'proxy', restartCount: 1, lastState: { terminated: { exitCode: 1 } } },
      { name: 'app', restartCount: 0, lastState: {} },
    ],
  },
});
const inPod = { kind: POD, name: 'web-1' };
const selected = { kind: POD, name: '', selection: { labels: 'app=web', maxTargets: 2 } };

function filesOf(parameters: object, objects = [several]): readonly string[] {
  return (planFor(collectLogs, { ...inPod, parameters }, objects).collects ?? []).map(({ file }) => file);
}

function firstLog(parameters: object): LogContent | undefined {
  const [first] = planFor(collectLogs, { ...inPod, parameters }, [several]).collects ?? [];
  return first?.content.kind === 'log' ? first.content : undefined;
}

describe('collect-logs', () => {
  it('takes every container, and the one before where there was one', () => {
    expect(filesOf({})).toEqual([
      'logs/web-1/prepare.log',
      'logs/web-1/app.log',
      'logs/web-1/proxy.log',
      'logs/web-1/proxy.previous.log',
      'logs/web-1/debugger-x.log',
    ]);
  });

  it('takes the container that was named, and none before it where that was not wanted', () => {
    expect(filesOf({ container: 'proxy', previous: false })).toEqual(['logs/web-1/proxy.log']);
  });

  it('asks the API server for no more than was wanted', () => {
    const limits = { since: '1h30m', 'tail-lines': 100, 'limit-bytes': 2048, timestamps: true };
    expect(firstLog(limits)).toMatchObject({
      query: { sinceSeconds: '5400', tailLines: '100', timestamps: 'true' },
      limitBytes: 2048,
    });
    expect(firstLog({})).toMatchObject({ query: {}, limitBytes: 50 * 1024 * 1024 });
  });

  it.each([
    [{ since: '0s' }],
    [{ since: 'yesterday' }],
    [{ 'tail-lines': 0 }],
    [{ 'limit-bytes': 0 }],
    [{ container: '../app' }],
  ])('takes no %o', (parameters) => {
    expect(collectLogs.parameters.safeParse(parameters).success).toBe(false);
  });

  it('says of a container that is not there which ones are', () => {
    const asking = { ...inPod, parameters: { container: 'ap' } };
    const { reasonCode, message } = refusalFor(collectLogs, asking, [several]);
    expect(reasonCode).toBe('target-unsuitable');
    expect(message).toContain('app, debugger-x, prepare, proxy');
  });

  it('counts the selected workloads, not their pods, where there is no such container', () => {
    const kind = DEPLOYMENT;
    const asking = { kind, name: '', selection: { labels: 'app=web', maxTargets: 5 } };
    const labelled = deployment({ metadata: { labels: { app: 'web' } } });
    const message = (container: string, ...pods: (typeof several)[]) =>
      refusalFor(collectLogs, { ...asking, parameters: { container } }, [labelled, ...pods]).message;
    expect(message('ap', pod('web-1'), pod('web-2'))).toContain(
      'no pod of 1 deployment with app=web in shop',
    );
    expect(message('app')).toContain('there are no pods of 1 deployment with app=web in shop');
  });

  it('of a Deployment takes its pods and no others', () => {
    const other = pod('db-0', { metadata: { labels: { app: 'db' } } });
    const asking = { kind: DEPLOYMENT, name: 'web' };
    const draft = planFor(collectLogs, asking, [deployment(), pod('web-2'), other, pod('web-1')]);
    expect(draft.collects?.map(({ file }) => file)).toEqual(['logs/web-1/app.log', 'logs/web-2/app.log']);
    expect(draft.summary).toBe('collect 2 logs of 2 pods of deployment/web in shop');
  });

  it('of a Deployment without pods says so', () => {
    const asking = { kind: DEPLOYMENT, name: 'web' };
    expect(refusalFor(collectLogs, asking, [deployment()])).toMatchObject({
      reasonCode: 'target-unsuitable',
      message: expect.stringContaining('no pods'),
    });
  });

  it('of a Deployment without a selector takes nobody else’s pods', () => {
    const asking = { kind: DEPLOYMENT, name: 'web' };
    const unselective = deployment({ spec: { selector: undefined } });
    expect(refusalFor(collectLogs, asking, [unselective, pod('web-1')]).reasonCode).toBe('target-unsuitable');
  });

  it('names no file that could lie elsewhere', () => {
    const hostile = pod('..', { spec: { containers: [{ name: '../../x' }, { name: 'a\\b:c' }] } });
    const files = planFor(collectLogs, { kind: POD, name: '..' }, [hostile]).collects ?? [];
    expect(files.map(({ file }) => file)).toEqual(['logs/-/--..-x.log', 'logs/-/a-b-c.log']);
  });
});

describe('a selector', () => {
  const three = ['web-1', 'web-2', 'web-3'].map((name) => pod(name));

  it('takes as many as max-targets allows', () => {
    const draft = planFor(collectLogs, selected, three.slice(0, 2));
    expect(draft.summary).toBe('collect 2 logs of 2 pods with app=web in shop');
    expect(draft.target).toEqual({ apiVersion: 'v1', kind: 'Namespace', name: 'shop' });
  });

  it.each([collectLogs, collectDiagnostics])('is refused above it, with the count: $name', (action) => {
    const { reasonCode, message } = refusalFor(action, selected, three);
    expect(reasonCode).toBe('too-many-targets');
    expect(message).toContain('3 pods');
    expect(message).toContain('max-targets');
  });

  it('that selects nothing is told', () => {
    expect(refusalFor(collectLogs, selected, []).reasonCode).toBe('target-not-found');
  });

  it('of workloads counts workloads, and takes a pod of two of them once', () => {
    const labelled = (name: string) =>
      deployment({ metadata: { name, uid: `uid-${name}`, labels: { app: 'web' } } });
    const draft = planFor(collectLogs, { ...selected, kind: DEPLOYMENT }, [
      labelled('a'),
      labelled('b'),
      ...three,
    ]);
    expect(draft.collects).toHaveLength(3);
    expect(draft.summary).toBe('collect 3 logs of 3 pods of 2 deployments with app=web in shop');
  });
});

describe('collect-diagnostics', () => {
  const asking = { kind: DEPLOYMENT, name: 'web' };

  it('of a Deployment takes it, its ReplicaSets that have pods to make, and its pods', () => {
    const old = replicaSet({ metadata: { name: 'web-old', uid: 'uid-old' }, spec: { replicas: 0 } });
    const foreign = replicaSet({
      metadata: {
        name: 'foreign',
        uid: 'uid-foreign',
        ownerReferences: ownedBy('Deployment', 'other', 'u-2'),
      },
    });
    const labelled = [replicaSet(), old, foreign].map((one) => ({
      ...one,
      metadata: { ...one.metadata, labels: { app: 'web' } },
    }));
    const draft = planFor(collectDiagnostics, asking, [deployment(), ...labelled, pod('web-1')]);
    expect(draft.collects?.map(({ file }) => file)).toEqual([
      'diagnostics/overview.md',
      'diagnostics/events.txt',
      'diagnostics/deployment/web.yaml',
      'diagnostics/replicaset/web-5d4f8c7b9d.yaml',
      'diagnostics/pod/web-1.yaml',
    ]);
  });

  it('of a Deployment without pods still says why', () => {
    const draft = planFor(collectDiagnostics, asking, [deployment()]);
    expect(draft.collects?.map(({ file }) => file)).toContain('diagnostics/events.txt');
  });
});
