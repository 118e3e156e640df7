/** Starts the executor over the fake, and looks at what it left there. */
import { lockName } from '../../../src/execute/lock.ts';
import { runExecutor } from '../../../src/execute/run-executor.ts';
import type { ObjectRef } from '../../../src/plan/objects.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { readPointer } from '../../../src/plan/pointer.ts';
import type { Verdict } from '../../../src/plan/verdict.ts';
import { deployment } from '../catalog/cluster-objects.ts';
import { settled } from './clock.ts';
import { declaredOf, envelopeOf, executorPod, IDENTITY } from './executions.ts';
import { FakeApi } from './fake-api.ts';

export const LOCKS = '/apis/coordination.k8s.io/v1/namespaces/kubernetes-executor-locks/leases';
export const WEB: ObjectRef = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
export interface Run {
  readonly api: FakeApi;
  readonly lines: string[];
  readonly stop: AbortController;
  readonly verdict: Promise<Verdict>;
}

/** Begins it; `stoppedAfter` is what the clock of the pod says when a stop comes. */
export function begin(plan: Plan, api: FakeApi, stoppedAfter = 10): Run {
  const lines: string[] = [];
  const stop = new AbortController();
  const verdict = runExecutor(envelopeOf(plan), [], {
    declared: declaredOf(plan),
    api,
    identity: IDENTITY,
    stop: {
      signal: stop.signal,
      afterSeconds: () => (stop.signal.aborted ? stoppedAfter : undefined),
    },
    printLine: (line) => lines.push(line),
  });
  // Looked at later; until then it is nobody's unhandled rejection.
  verdict.catch(() => undefined);
  return { api, lines, stop, verdict };
}

export function run(plan: Plan, api: FakeApi): Promise<Verdict> {
  return settled(begin(plan, api).verdict);
}

export function cluster(...objects: Parameters<FakeApi['put']>[0][]): FakeApi {
  return new FakeApi(executorPod(), ...objects);
}

export function replicas(api: FakeApi): unknown {
  return readPointer(api.read(deployment()), '/spec/replicas');
}

/** The writes in target namespaces: neither journal nor lock. */
export function targetWrites(api: FakeApi): readonly string[] {
  return api.writes.filter((write) => write.includes('/namespaces/shop/'));
}

export function lockHolder(api: FakeApi): unknown {
  return readPointer(api.at(`${LOCKS}/${lockName(WEB)}`), '/spec/holderIdentity');
}
