/** Undoing an earlier execution that created objects: what is deleted is what it made, as it made it, or nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyManifest } from '../../../src/catalog/apply-manifest.ts';
import { lockName } from '../../../src/execute/lock.ts';
import { runExecutor } from '../../../src/execute/run-executor.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { RequestVerdict, Verdict } from '../../../src/plan/verdict.ts';
import { configMap } from '../catalog/cluster-objects.ts';
import { askServer, written } from '../catalog/manifest-server.ts';
import { holdClock, releaseClock, settled } from './clock.ts';
import {
  declaredOf,
  EXECUTION,
  executorPod,
  IDENTITY,
  journalOf,
  POD_NAME,
  planOfDraft,
  ROLLBACK_SETTINGS,
} from './executions.ts';
import { FakeApi } from './fake-api.ts';

const OWN = executorPod('apply-manifest-9876543210-fghij');
const BEGUN = '2026-03-01T12:00:05Z';

/** Creates the ConfigMaps a and b. */
function applyPlan(): Plan {
  const manifest = ['a', 'b'].map((name) => written('ConfigMap', name, { data: { color: 'red' } }));
  const { answer } = askServer(applyManifest, manifest, { objects: [] });
  if (answer.kind === 'refusal') throw new Error(answer.message);
  return planOfDraft(applyManifest, answer);
}

function made(name: string, uid: string, over: object = {}): KubernetesObject {
  return configMap(name, {
    metadata: {
      uid,
      creationTimestamp: BEGUN,
      managedFields: [{ manager: 'kubernetes-executor', operation: 'Apply' }],
      ...over,
    },
    data: { color: 'red' },
  });
}

/** Of an execution that had a verdict. */
function done(): Verdict {
  const requests: RequestVerdict[] = [
    { summary: 'create a', outcome: 'applied', uid: 'uid-a' },
    { summary: 'create b', outcome: 'applied', uid: 'uid-b' },
  ];
  return {
    version: 1,
    executionId: EXECUTION,
    result: 'succeeded',
    reasonCode: 'ok',
    message: '',
    requests,
    checks: [],
    timeline: [],
    logLines: 1,
  };
}

function journal(verdict?: Verdict): KubernetesObject {
  const lease = journalOf(verdict);
  return { ...lease, metadata: { ...lease.metadata, creationTimestamp: BEGUN } };
}

/** As an executor leaves it that was killed, or with another holder what came later. */
function lockOf(name: string, holderIdentity: string): KubernetesObject {
  const target = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: lockName(target), namespace: 'kubernetes-executor-locks', uid: `uid-lock-${name}` },
    spec: { holderIdentity, leaseDurationSeconds: 15, leaseTransitions: 0 },
  };
}

function locksOf(holder: string): readonly KubernetesObject[] {
  return ['a', 'b'].map((name) => lockOf(name, holder));
}

const KILLED = `kubernetes-executor/${POD_NAME}/uid-${POD_NAME}`;

function rollBack(...objects: readonly KubernetesObject[]): { api: FakeApi; verdict: Promise<Verdict> } {
  const [job] = OWN.metadata.ownerReferences ?? [];
  const ownerReferences = job ? [{ ...job, name: 'apply-manifest-9876543210' }] : [];
  const api = new FakeApi({ ...OWN, metadata: { ...OWN.metadata, ownerReferences } }, ...objects);
  const plan = applyPlan();
  const running = runExecutor({ executionId: EXECUTION, plan }, [], {
    declared: { ...declaredOf(plan), rollsBack: EXECUTION, rollbackSettings: ROLLBACK_SETTINGS },
    api,
    identity: { ...IDENTITY, podName: OWN.metadata.name, podUid: OWN.metadata.uid },
    stop: { signal: new AbortController().signal, afterSeconds: () => undefined },
    printLine: () => {},
  });
  return { api, verdict: settled(running) };
}

function left(api: FakeApi): readonly string[] {
  return ['a', 'b'].filter((name) => api.read(configMap(name)) !== undefined);
}

beforeEach(holdClock);
afterEach(releaseClock);

describe('a rollback of what was created', () => {
  it('deletes it', async () => {
    const { api, verdict } = rollBack(journal(done()), made('a', 'uid-a'), made('b', 'uid-b'));
    expect(await verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(left(api)).toEqual([]);
  });

  it('deletes what is left where some is gone already', async () => {
    const { api, verdict } = rollBack(journal(done()), made('b', 'uid-b'));
    expect(await verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(left(api)).toEqual([]);
  });

  it.each([
    ['changed it since', made('a', 'uid-a'), { data: { color: 'green' } }, '/data/color is "green" now'],
    ['made it anew', made('a', 'uid-of-others'), {}, 'another object of the same name'],
  ])('is refused, and nothing is deleted, where others have %s', async (_name, live, change, text) => {
    const { api, verdict } = rollBack(journal(done()), { ...live, ...change }, made('b', 'uid-b'));
    expect(await verdict).toMatchObject({
      result: 'refused',
      reasonCode: 'rollback-conflict',
      message: expect.stringContaining(text),
    });
    expect(left(api)).toEqual(['a', 'b']);
  });
});

describe('a rollback of an execution that was killed before it could say what it had created', () => {
  it('deletes what is there of it, since nobody has had its locks', async () => {
    const { api, verdict } = rollBack(journal(), ...locksOf(KILLED), made('a', 'uid-a'));
    expect(await verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(left(api)).toEqual([]);
  });

  it('is refused where a later execution may have created it', async () => {
    for (const holder of ['', 'kubernetes-executor/other-pod/uid-other']) {
      const { api, verdict } = rollBack(journal(), ...locksOf(holder), made('a', 'uid-a'));
      expect(await verdict).toMatchObject({
        result: 'refused',
        reasonCode: 'rollback-conflict',
        message: expect.stringMatching(/delete configmap\/a.*no word whether it created.*by hand/),
      });
      expect(left(api)).toEqual(['a']);
    }
  });

  it.each([
    ['is older', { creationTimestamp: '2026-03-01T12:00:04Z' }],
    ['was made by others', { managedFields: [{ manager: 'kubectl', operation: 'Update' }] }],
  ])('leaves what %s, and has nothing against it', async (_name, over) => {
    const { api, verdict } = rollBack(journal(), ...locksOf(KILLED), made('a', 'uid-a', over));
    expect(await verdict).toMatchObject({ result: 'succeeded', reasonCode: 'ok' });
    expect(left(api)).toEqual(['a']);
  });
});
