/** What happens between the step and the API server, and to the credentials it has there. */
import { pathOf, remove } from '../e2e/harness/cluster.ts';
import { EXECUTOR_NAMESPACE } from '../e2e/harness/site.ts';
import type { Treatment } from './disturbing-proxy.ts';
import type { Fault, Run } from './fault.ts';
import { insist } from './insist.ts';
import { ALL_STAGES, type Stage } from './stages.ts';

/** While the step waits for the executor. */
const FOLLOWING: readonly Stage[] = ['starting', 'sending', 'verifying', 'undoing'];

/** Of a collection that has moved on. */
const GONE = JSON.stringify({
  type: 'ERROR',
  object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 },
});

export const NETWORK_FAULTS: readonly Fault[] = [
  treat('connections reset in the middle of a body', 1_500, { kind: 'cut', at: 'body' }),
  treat('carried out and reset before the answer', 400, { kind: 'cut', at: 'answer' }),
  treat('answers 3 s late', 4_000, { kind: 'delay', milliseconds: 3_000 }),
  treat('429 with Retry-After', 2_000, { kind: 'answer', status: 429, retryAfterSeconds: 1 }),
  treat('500', 1_500, { kind: 'answer', status: 500 }),
  treat('carried out and answered with 504', 400, { kind: 'spoil', status: 504 }),
  {
    name: 'all connections reset',
    kind: 'network',
    stages: ALL_STAGES,
    survives: (stage) => stage !== 'launching',
    inject: async ({ proxy }) => proxy.resetAll(),
  },
  watched('watches end with 410', ({ proxy }) => {
    for (const stream of proxy.streams) {
      if (!stream.path.includes('/log?')) stream.say(`${GONE}\n`);
      stream.end();
    }
  }),
  watched('garbage in watches', ({ proxy }) => {
    for (const stream of proxy.streams)
      if (!stream.path.includes('/log?')) stream.say('\u0000{"type":7}]]\n');
  }),
  watched('watches go silent', ({ proxy }) => {
    for (const stream of proxy.streams) stream.mute();
  }),
  {
    name: 'name no longer resolved',
    kind: 'network',
    stages: ALL_STAGES,
    // It never comes back, and the step waits for it as long as it may.
    inputs: { timeout: '20s', 'schedule-timeout': '20s' },
    inject: async ({ proxy, names }) => {
      names.forget();
      proxy.resetAll();
    },
  },
  { name: "caller's ServiceAccount deleted", kind: 'network', stages: ALL_STAGES, inject: deleteCaller },
  { name: "caller's binding deleted", kind: 'network', stages: ALL_STAGES, inject: deleteBinding },
];

/** For so long each new request is treated this way. The launch is taken back where it can't be seen through. */
function treat(name: string, milliseconds: number, treatment: Treatment): Fault {
  return {
    name,
    kind: 'network',
    stages: ALL_STAGES,
    survives: (stage) => FOLLOWING.includes(stage),
    inject: async ({ proxy }) => {
      proxy.disturb(() => treatment);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      proxy.disturb(() => undefined);
    },
  };
}

function watched(name: string, disturb: (run: Run) => void): Fault {
  return {
    name,
    kind: 'network',
    stages: FOLLOWING,
    survives: () => true,
    inject: async (run) => disturb(run),
  };
}

/** Its tokens go with it. */
async function deleteCaller({ target }: Run): Promise<void> {
  await insist(() => remove(pathOf('serviceaccounts', target.namespace, 'caller')));
}

async function deleteBinding({ target }: Run): Promise<void> {
  await insist(() => remove(pathOf('rolebindings', EXECUTOR_NAMESPACE, target.namespace)));
}
