/** Why an executor's pod has not started, from its status and the Job's Events. Pure. */
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import type { View } from '../verify/check-state.ts';
import { describePod, findFailingPod, unschedulableMessage } from '../verify/failing-pods.ts';

export interface StartState {
  readonly pod: KubernetesObject | undefined;
  /** Of the Job and its pod, Warnings alone. */
  readonly warnings: readonly KubernetesObject[];
  readonly pullFailures: number;
}

export interface StartFailure {
  readonly reasonCode: ReasonCode;
  readonly message: string;
}

/** What an API server says while it or a webhook is away or behind; the Job controller goes on trying. */
const PASSING =
  /failed calling webhook|internal error|timed? ?out|deadline exceeded|connection refused|too many requests|not yet ready to handle request|status unknown for quota/i;
/** Quotas, LimitRanges, pod security, admission policies and a missing ServiceAccount, in the API server's words. */
const HOPELESS = /is forbidden|exceeded quota|denied|serviceaccount .*not found/i;

/** `undefined` while it may still start. */
export function findStartFailure({ pod, warnings, pullFailures }: StartState): StartFailure | undefined {
  if (!pod) {
    const event = findFailedCreate(warnings);
    return (
      event && {
        reasonCode: 'job-not-started',
        message: `the Job's pod could not be created: ${textAt(event, '/message')}`,
      }
    );
  }
  const view: Pick<View, 'isNew' | 'pullFailures'> = { isNew: () => true, pullFailures: () => pullFailures };
  const failing = findFailingPod([pod], view);
  return (
    failing && { reasonCode: failing.reasonCode, message: `the executor did not start: ${failing.detail}` }
  );
}

/** One that waiting does not heal: by what it says, or because it came again. */
function findFailedCreate(warnings: readonly KubernetesObject[]): KubernetesObject | undefined {
  const lasting = warnings.filter(
    (warning) => textAt(warning, '/reason') === 'FailedCreate' && !PASSING.test(textAt(warning, '/message')),
  );
  const isRepeated = lasting.length > 1;
  return lasting.findLast(
    (event) => isRepeated || timesOf(event) > 1 || HOPELESS.test(textAt(event, '/message')),
  );
}

function timesOf(event: KubernetesObject): number {
  return Number(readPointer(event, '/series/count') ?? readPointer(event, '/count') ?? 1);
}

/** What a start that takes long waits for, with the newest warning. */
export function describeWaiting({ pod, warnings }: StartState): string {
  const newest = warnings.at(-1);
  const warning = newest ? `; ${textAt(newest, '/reason')}: ${textAt(newest, '/message')}` : '';
  return `${pod ? describePod(pod) : 'the Job has no pod yet'}${warning}`;
}

export function waitsForNode(pod: KubernetesObject | undefined): boolean {
  return pod !== undefined && unschedulableMessage(pod) !== '';
}
