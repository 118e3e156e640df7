/** Why an executor's pod has not started, from its status and the Job's Events. Pure. */
import type { KubernetesObject } from '../plan/objects.ts';
import { textAt } from '../plan/pointer.ts';
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

/** Reasons of Events that waiting does not heal; the Job controller goes on trying, with growing pauses. */
const HOPELESS_EVENTS = new Set(['FailedCreate']);

/** `undefined` while it may still start. */
export function findStartFailure({ pod, warnings, pullFailures }: StartState): StartFailure | undefined {
  if (!pod) {
    const event = warnings.find((warning) => HOPELESS_EVENTS.has(textAt(warning, '/reason')));
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

/** What a start that takes long waits for, with the newest warning. */
export function describeWaiting({ pod, warnings }: StartState): string {
  const newest = warnings.at(-1);
  const warning = newest ? `; ${textAt(newest, '/reason')}: ${textAt(newest, '/message')}` : '';
  return `${pod ? describePod(pod) : 'the Job has no pod yet'}${warning}`;
}

export function waitsForNode(pod: KubernetesObject | undefined): boolean {
  return pod !== undefined && unschedulableMessage(pod) !== '';
}
