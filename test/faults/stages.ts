/** How far an execution has come, as seen from outside: by the step's requests and by what is in the cluster. */
import type { V1Job, V1Lease, V1Pod } from '@kubernetes/client-node';
import type { RunningStep } from '../e2e/harness/run-action.ts';
import { EXECUTOR_NAMESPACE } from '../e2e/harness/site.ts';
import type { Passing } from './disturbing-proxy.ts';
import type { Eyes } from './eyes.ts';
import type { Look, Target } from './scenarios.ts';

const GROUP = 'kubernetesexecution.kubernaut.io';

/** Each with the time in which a fault comes once it is reached, about as long as it lasts. */
export const STAGES = {
  connecting: 250,
  observing: 80,
  rehearsing: 120,
  launching: 40,
  starting: 700,
  sending: 150,
  verifying: 1800,
  undoing: 150,
} as const;

export type Stage = keyof typeof STAGES;
export type Moment = Stage | 'ended';

export const ALL_STAGES = Object.keys(STAGES) as readonly Stage[];

export interface Tracker extends Disposable {
  /** The stage it is at; `ended` when main is over. */
  now(): Moment;
  /** Resolves when this stage is reached, with `false` where the step ends before. */
  reached(stage: Stage): Promise<boolean>;
  /** To be told of each request of the step, and of its answer. */
  hear(passing: Passing, status?: number): void;
  watch(running: RunningStep): void;
  /** Name of its Job, once there is one; of the last one where it was begun again. */
  job(): string | undefined;
  pod(): V1Pod | undefined;
  /** Its journal as last seen: it goes with its Job, where that is deleted. */
  journal(): V1Lease | undefined;
}

export function openTracker(target: Target, look: Look, eyes: Eyes): Tracker {
  const before = new Set(jobsOf(eyes, target).map(({ metadata }) => metadata?.uid));
  const waiting = new Map(ALL_STAGES.map((stage) => [stage, Promise.withResolvers<boolean>()]));
  let present: Moment = 'connecting';
  waiting.get('connecting')?.resolve(true);
  const reach = (stage: Stage) => {
    if (present === 'ended') return;
    if (ALL_STAGES.indexOf(stage) > ALL_STAGES.indexOf(present)) present = stage;
    waiting.get(stage)?.resolve(true);
  };
  let job: string | undefined;
  let uid: string | undefined;
  let journal: V1Lease | undefined;
  const forget = eyes.onChange(() => {
    const newest = jobsOf(eyes, target).findLast(({ metadata }) => !before.has(metadata?.uid))?.metadata;
    if (newest && newest.uid !== uid) {
      uid = newest.uid;
      job = newest.name;
      journal = undefined;
      before.add(newest.uid);
    }
    journal = (job === undefined ? undefined : eyes.one('leases', EXECUTOR_NAMESPACE, job)) ?? journal;
    if (journal) reach('sending');
    seeTarget(look, reach);
  });
  return {
    now: () => present,
    reached: (stage) => waiting.get(stage)?.promise ?? Promise.resolve(false),
    hear: (passing, status) => hear(passing, status, reach),
    watch: (running) => {
      void running.untilLine(/undoing, because/).then(
        () => reach('undoing'),
        () => undefined,
      );
      void running.over.then(() => {
        present = 'ended';
        for (const { resolve } of waiting.values()) resolve(false);
      });
    },
    job: () => job,
    pod: () => podsOf(eyes, job)[0],
    journal: () => journal,
    [Symbol.dispose]: forget,
  };
}

function hear({ method, path }: Passing, status: number | undefined, reach: (stage: Stage) => void): void {
  const isRehearsal = path.includes('dryRun=All');
  if (method === 'GET' && path.includes('/deployments/')) reach('observing');
  if (isRehearsal) reach('rehearsing');
  if (method === 'POST' && /\/jobs(?:\?|$)/.test(path) && !isRehearsal) reach('launching');
  if (method === 'POST' && /\/secrets(?:\?|$)/.test(path) && status !== undefined) reach('starting');
}

function seeTarget(look: Look, reach: (stage: Stage) => void): void {
  const truth = look.glance();
  if ((truth?.writes ?? 0) > 0) reach('verifying');
  if ((truth?.writes ?? 0) > 1) reach('undoing');
}

function jobsOf(eyes: Eyes, { namespace }: Target): readonly V1Job[] {
  return eyes.all('jobs').filter(({ metadata }) => metadata?.labels?.[`${GROUP}/namespace`] === namespace);
}

/** Of a Job; none where there is no Job. */
export function podsOf(eyes: Eyes, job: string | undefined): readonly V1Pod[] {
  if (job === undefined) return [];
  return eyes
    .all('pods')
    .filter(
      ({ metadata }) =>
        metadata?.namespace === EXECUTOR_NAMESPACE &&
        metadata.labels?.['batch.kubernetes.io/job-name'] === job,
    );
}
