/** A container without a probe counts as available while it runs, also between two crashes. */
import type { KubernetesObject } from '../plan/objects.ts';
import { workStatusesOf } from '../plan/pods.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';
import { isOurs } from './failing-pods.ts';

/** The kubelet's first back-off: a container that crashes again shows as waiting for at least this long. */
const STEADY_SECONDS = 10;

/**
 * What was met, unless a pod of ours crashes all the same: the workload's numbers trail its pods, and count a container
 * between two crashes as available. One that has crashed and runs again is met if it goes on running.
 */
export function unlessCrashing(
  state: CheckState,
  pods: readonly KubernetesObject[],
  view: Pick<View, 'isNew'>,
): CheckState {
  if (state.kind !== 'met') return state;
  const ours = pods.filter((pod) => isOurs(pod, view));
  const down = firstOf(ours, hasCrashed);
  if (down !== '') return { kind: 'pending', detail: `${state.detail}, but ${down} has ended` };
  const again = firstOf(ours, runsAgain);
  if (again === '') return state;
  const detail = `${state.detail}; ${again} had ended and must run for ${STEADY_SECONDS} s`;
  return { kind: 'met', detail, soakSeconds: STEADY_SECONDS };
}

/** `pod/web-1, container app (exit code 1)`; the empty string where there is none. */
function firstOf(pods: readonly KubernetesObject[], isSo: (status: unknown) => boolean): string {
  for (const pod of pods) {
    const found = workStatusesOf(pod).find(isSo);
    if (found === undefined) continue;
    const [exitCode = ''] = ['/state', '/lastState'].map((at) => exitCodeIn(found, at)).filter(Boolean);
    return `pod/${pod.metadata.name}, container ${textAt(found, '/name')} (exit code ${exitCode})`;
  }
  return '';
}

function hasCrashed(status: unknown): boolean {
  return (
    isFailure(exitCodeIn(status, '/state')) || textAt(status, '/state/waiting/reason') === 'CrashLoopBackOff'
  );
}

function runsAgain(status: unknown): boolean {
  return readPointer(status, '/state/running') !== undefined && isFailure(exitCodeIn(status, '/lastState'));
}

function exitCodeIn(status: unknown, at: string): string {
  return textAt(status, `${at}/terminated/exitCode`);
}

function isFailure(exitCode: string): boolean {
  return exitCode !== '' && exitCode !== '0';
}
