/** What the execution under fault is to do, and how to see on the cluster alone what became of it. */
import type { V1Deployment } from '@kubernetes/client-node';
import { stringify } from 'yaml';
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

/** `writes` counts what cannot be taken back unseen: generations of the target, of several objects the most of one. */
export interface Truth {
  /** `partly`: some of several objects are as before, the others as after. */
  readonly state: 'before' | 'after' | 'partly' | 'neither';
  readonly writes: number;
}

export interface Scenario {
  readonly name: string;
  inputs(target: Target): Inputs;
  /** Where no fault comes. */
  readonly result: 'succeeded' | 'rolled-back';
  /** Makes the target, and returns how to look at it from then on. */
  prepare(target: Target, eyes: Eyes): Promise<Look>;
  /** A change of the same target that goes well wherever nothing stands in its way. */
  next(target: Target): Promise<Inputs>;
  remove(target: Target): Promise<void>;
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

/** What all scenarios on one Deployment share. */
const ONE_DEPLOYMENT = { next: nextInputs, remove: removeTarget };

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'scale',
    ...ONE_DEPLOYMENT,
    inputs: (target) => ({ ...on(target), action: 'scale-deployment', parameters: 'replicas: 2' }),
    result: 'succeeded',
    prepare: async (target, eyes) => {
      const made = await make(target, { spec: VERIFYING, replicas: 1 });
      return lookAt(target, eyes, made, ({ spec }) => replicasState(spec?.replicas, 1, 2));
    },
  },
  {
    name: 'restart',
    ...ONE_DEPLOYMENT,
    inputs: (target) => ({ ...on(target), action: 'rollout-restart' }),
    result: 'succeeded',
    prepare: async (target, eyes) => {
      const made = await make(target, { spec: VERIFYING, replicas: 1 });
      return lookAt(target, eyes, made, (deployment) => (isRestarted(deployment) ? 'after' : 'before'));
    },
  },
  {
    name: 'scale in vain',
    ...ONE_DEPLOYMENT,
    inputs: (target) => ({
      ...on(target),
      action: 'scale-deployment',
      parameters: 'replicas: 1',
      'verify-timeout': '2s',
    }),
    result: 'rolled-back',
    prepare: async (target, eyes) => {
      const made = await make(target, { spec: NEVER, replicas: 0 });
      return lookAt(target, eyes, made, ({ spec }) => replicasState(spec?.replicas, 0, 1));
    },
  },
  {
    name: 'apply to several',
    result: 'succeeded',
    inputs: (target) => applying(target, 1),
    prepare: async (target, eyes) => {
      const made = await Promise.all(partsOf(target).map((part) => make(part, { spec: {}, replicas: 0 })));
      return lookAtAll(
        partsOf(target).map((part, index) =>
          lookAt(part, eyes, made[index] ?? {}, ({ spec }) =>
            spec?.minReadySeconds === 1 ? 'after' : 'before',
          ),
        ),
      );
    },
    next: async (target) => applying(target, 5),
    remove: async (target) => void (await Promise.all(partsOf(target).map(removeTarget))),
  },
];

async function make(
  { namespace, name }: Target,
  options: { readonly spec: Record<string, unknown>; readonly replicas: number },
): Promise<V1Deployment> {
  return await deploy(namespace, name, options);
}

function on({ name }: Target): Inputs {
  return { target: `deployment/${name}` };
}

const PARTS = [1, 2, 3, 4, 5, 6];
/** Between the target's name and the number of a part. */
export const PART = '-part-';

function partsOf({ namespace, name }: Target): readonly Target[] {
  return PARTS.map((number) => ({ namespace, name: `${name}${PART}${number}` }));
}

/** A request for each part. */
function applying(target: Target, minReadySeconds: number): Inputs {
  const documents = partsOf(target).map(({ name }) =>
    stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { minReadySeconds } }),
  );
  return { action: 'apply-manifest', parameters: stringify({ manifest: documents.join('---\n') }) };
}

function lookAtAll(looks: readonly Look[]): Look {
  return {
    glance: () => {
      const seen = looks.flatMap((look) => look.glance() ?? []);
      return seen.length === looks.length ? together(seen) : undefined;
    },
    read: async () => together(await Promise.all(looks.map((look) => look.read()))),
  };
}

/** Each written once, or once forth and once back, or not at all. */
function together(truths: readonly Truth[]): Truth {
  const writes = Math.max(...truths.map((truth) => truth.writes));
  const isSound = truths.every(
    ({ state, writes: own }) =>
      (state === 'after' && own === 1) || (state === 'before' && [0, 2].includes(own)),
  );
  if (!isSound) return { state: 'neither', writes };
  const [first] = truths;
  const isOne = truths.every(({ state }) => state === first?.state);
  return { state: isOne ? (first?.state ?? 'neither') : 'partly', writes };
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

async function nextInputs({ namespace, name }: Target): Promise<Inputs> {
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
  const replicas = spec?.replicas === 1 ? 2 : 1;
  return { ...on({ namespace, name }), action: 'scale-deployment', parameters: `replicas: ${replicas}` };
}

async function removeTarget({ namespace, name }: Target): Promise<void> {
  await insist(() => remove(pathOf('deployments', namespace, name)));
}
