/** What the execution under fault is to do, and how to see on the cluster alone what became of it. */
import type { V1Deployment } from '@kubernetes/client-node';
import { ask, pathOf, remove } from '../e2e/harness/cluster.ts';
import { live } from '../e2e/harness/executions.ts';
import type { Inputs } from '../e2e/harness/run-action.ts';
import { deploy } from '../e2e/harness/workloads.ts';
import type { Eyes } from './eyes.ts';
import { insist } from './insist.ts';

export interface Target {
  readonly namespace: string;
  readonly name: string;
}

/** `writes` counts what cannot be taken back unseen: generations of the target, or pods that were ended. */
export interface Truth {
  readonly state: 'before' | 'after' | 'neither';
  readonly writes: number;
}

export interface Scenario {
  readonly name: string;
  readonly inputs: Inputs;
  /** Where no fault comes. */
  readonly result: 'succeeded' | 'rolled-back';
  /** Makes the target, and returns how to look at it from then on. */
  prepare(target: Target, eyes: Eyes): Promise<Look>;
}

export interface Look {
  /** As the watches have it. */
  glance(): Truth | undefined;
  /** From the API server itself. */
  read(): Promise<Truth>;
}

const VERIFYING = { minReadySeconds: 2 };
/** New pods never count as available in the time of a run. */
const NEVER = { minReadySeconds: 600, progressDeadlineSeconds: 900 };
const RESTARTED_AT = 'kubectl.kubernetes.io/restartedAt';

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'scale',
    inputs: { action: 'scale-deployment', parameters: 'replicas: 2' },
    result: 'succeeded',
    prepare: async (target, eyes) => {
      const made = await make(target, { spec: VERIFYING, replicas: 1 });
      return lookAt(target, eyes, made, ({ spec }) => replicasState(spec?.replicas, 1, 2));
    },
  },
  {
    name: 'restart',
    inputs: { action: 'rollout-restart' },
    result: 'succeeded',
    prepare: async (target, eyes) => {
      const made = await make(target, { spec: VERIFYING, replicas: 1 });
      return lookAt(target, eyes, made, (deployment) => (isRestarted(deployment) ? 'after' : 'before'));
    },
  },
  {
    name: 'scale in vain',
    inputs: { action: 'scale-deployment', parameters: 'replicas: 1', 'verify-timeout': '2s' },
    result: 'rolled-back',
    prepare: async (target, eyes) => {
      const made = await make(target, { spec: NEVER, replicas: 0 });
      return lookAt(target, eyes, made, ({ spec }) => replicasState(spec?.replicas, 0, 1));
    },
  },
];

async function make(
  { namespace, name }: Target,
  options: { readonly spec: Record<string, unknown>; readonly replicas: number },
): Promise<V1Deployment> {
  return await deploy(namespace, name, options);
}

function replicasState(replicas: number | undefined, before: number, after: number): Truth['state'] {
  if (replicas === after) return 'after';
  return replicas === before ? 'before' : 'neither';
}

function isRestarted({ spec }: V1Deployment): boolean {
  return spec?.template.metadata?.annotations?.[RESTARTED_AT] !== undefined;
}

function lookAt(
  { namespace, name }: Target,
  eyes: Eyes,
  made: V1Deployment,
  stateOf: (deployment: V1Deployment) => Truth['state'],
): Look {
  const first = made.metadata?.generation ?? 0;
  const judge = (deployment: V1Deployment): Truth => ({
    state: stateOf(deployment),
    writes: (deployment.metadata?.generation ?? 0) - first,
  });
  return {
    glance: () => {
      const seen = eyes.one('deployments', namespace, name);
      return seen && judge(seen);
    },
    read: async () => judge(await insist(() => live<V1Deployment>(pathOf('deployments', namespace, name)))),
  };
}

/** A change of the same target that goes well wherever nothing stands in its way. */
export async function nextInputs({ namespace, name }: Target): Promise<Inputs> {
  const path = pathOf('deployments', namespace, name);
  await insist(async () => {
    const { status, text } = await ask(
      'PATCH',
      path,
      { spec: { minReadySeconds: 0 } },
      'application/merge-patch+json',
    );
    if (status !== 200) throw new Error(`PATCH ${path}: ${status} ${text}`);
  });
  const { spec } = await insist(() => live<V1Deployment>(path));
  return { action: 'scale-deployment', parameters: `replicas: ${spec?.replicas === 1 ? 2 : 1}` };
}

export async function removeTarget({ namespace, name }: Target): Promise<void> {
  await insist(() => remove(pathOf('deployments', namespace, name)));
}
