/** Why an executor's pod has not started, from its status and the Events of Job and pod. Pure. */
import { executorState } from '../job/execution-job.ts';
import { sayInvolved, timesOf } from '../plan/events.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { ReasonCode } from '../plan/reason-codes.ts';
import { describePod, findFailingPod, isBusyRegistry } from '../verify/failing-pods.ts';
import { isPassing } from '../verify/passing.ts';
import { advise } from './advice.ts';

export interface StartState {
  /** Its name. */
  readonly job: string;
  readonly pod: KubernetesObject | undefined;
  /** Of the Job and its pod, oldest first: Warnings, and what autoscalers say. */
  readonly events: readonly KubernetesObject[];
  /** The same when they were first read, with the Job and its plan there. */
  readonly eventsBefore: readonly KubernetesObject[];
  readonly pullFailures: number;
}

export interface StartFailure {
  readonly reasonCode: ReasonCode;
  readonly message: string;
}

/** Quotas, LimitRanges, pod security, admission policies and a missing ServiceAccount, in the API server's words. */
const HOPELESS = /is forbidden|exceeded quota|denied|serviceaccount .*not found/i;
/** The plan or the program, in the kubelet's words. */
const NOT_THERE = /(?:secret|configmap) "[^"]*" not found/;

/** `undefined` while it may still start. */
export function findStartFailure(state: StartState): StartFailure | undefined {
  const { job, pod, events, pullFailures } = state;
  if (!pod) {
    const event = findFailedCreate(events);
    return (
      event && {
        reasonCode: 'job-not-started',
        message: withAdvice(
          `job/${job}: its pod could not be created: ${textAt(event, '/message').replace(/^Error creating: /, '')}`,
        ),
      }
    );
  }
  // The pod's status tells of a second failure only when the kubelet comes by for a third time.
  const pulls = Math.max(pullFailures, countOf(events.filter(isHopelessPull)));
  const failing = findFailingPod([pod], {
    isNew: () => true,
    pullFailures: () => pulls,
    // All that it mounts is there, or never will be.
    wantingSeconds: () => Infinity,
    isOfSeveral: false,
  });
  if (failing) {
    const more = failing.reasonCode === 'image-pull-failed' ? describePull(failing.detail, events) : '';
    return notStarted(failing.reasonCode, `${failing.detail}${more}`);
  }
  if (isStillborn(pod)) return notStarted('container-failing', describeStillborn(pod));
  const missing = findMissingMount(state);
  return missing && notStarted('job-not-started', `${sayInvolved(missing)}: ${textAt(missing, '/message')}`);
}

/** Whether the container has ended without having run: the kubelet says so, and tries no second time. */
export function isStillborn(pod: KubernetesObject | undefined): boolean {
  const reason = textAt(executorState(pod), '/terminated/reason');
  return reason === 'StartError' || reason === 'ContainerCannotRun';
}

function describeStillborn(pod: KubernetesObject): string {
  const { name, state } = readContainer(pod);
  return `pod/${pod.metadata.name}, container ${name}: ${textAt(state, '/terminated/reason')}: ${textAt(state, '/terminated/message')}`;
}

function readContainer(pod: KubernetesObject): { readonly name: string; readonly state: unknown } {
  const status = readPointer(pod, '/status/containerStatuses/0');
  return { name: textAt(status, '/name'), state: readPointer(status, '/state') };
}

function notStarted(reasonCode: ReasonCode, detail: string): StartFailure {
  return { reasonCode, message: withAdvice(`the executor did not start: ${detail}`) };
}

function withAdvice(message: string): string {
  const advice = advise(message);
  return advice === '' ? message : `${message.replace(/\.$/, '')}. ${advice}`;
}

/** One that waiting does not heal: by what it says, or because it came again. */
function findFailedCreate(events: readonly KubernetesObject[]): KubernetesObject | undefined {
  const lasting = events.filter(
    (event) => textAt(event, '/reason') === 'FailedCreate' && !isPassing(textAt(event, '/message')),
  );
  const isRepeated = lasting.length > 1;
  return lasting.findLast(
    (event) => isRepeated || timesOf(event) > 1 || HOPELESS.test(textAt(event, '/message')),
  );
}

/** Looked for in vain again, since all that the pod mounts had been sent. */
function findMissingMount({ events, eventsBefore }: StartState): KubernetesObject | undefined {
  return events.find((event) => {
    if (textAt(event, '/reason') !== 'FailedMount' || !NOT_THERE.test(textAt(event, '/message')))
      return false;
    const before = eventsBefore.find(({ metadata }) => metadata.uid === event.metadata.uid);
    return timesOf(event) > (before ? timesOf(before) : 1);
  });
}

function isFailedPull(event: KubernetesObject): boolean {
  return textAt(event, '/message').startsWith('Failed to pull image');
}

function isHopelessPull(event: KubernetesObject): boolean {
  return isFailedPull(event) && !isBusyRegistry(textAt(event, '/message'));
}

/** The registry's words, where the status has none of them, and a missing pull secret, which it never tells of. */
function describePull(told: string, events: readonly KubernetesObject[]): string {
  const pull = events.findLast(isFailedPull);
  const cause = textAt(pull, '/message').replace(/^Failed to pull image "[^"]*": /, '');
  const secret = events.findLast((event) => textAt(event, '/reason') === 'FailedToRetrieveImagePullSecret');
  return [cause, textAt(secret, '/message')]
    .filter((words) => words !== '' && !told.includes(words))
    .map((words) => `; ${words}`)
    .join('');
}

function countOf(events: readonly KubernetesObject[]): number {
  return events.map(timesOf).reduce((sum, times) => sum + times, 0);
}

/** Whether an Event tells of something that keeps a pod from starting, or of an autoscaler that sees to it. */
export function isTelling(event: KubernetesObject): boolean {
  return textAt(event, '/type') === 'Warning' || isAutoscalers(event);
}

/** Of the Cluster Autoscaler, or of Karpenter. */
function isAutoscalers(event: KubernetesObject): boolean {
  return ['TriggeredScaleUp', 'NotTriggerScaleUp', 'Nominated'].includes(textAt(event, '/reason'));
}

/** What a start that takes long waits for, with the newest Event. */
export function describeWaiting({ job, pod, events }: StartState): string {
  const told = pod ? describePod(pod) : `job/${job} has no pod yet`;
  const newest = [events.findLast((event) => !isAutoscalers(event)), events.findLast(isAutoscalers)];
  const words = newest
    .filter((event) => event !== undefined)
    .filter((event) => !told.includes(textAt(event, '/message')))
    .map((event) => `; ${textAt(event, '/reason')}: ${textAt(event, '/message')}`);
  return `${told}${words.join('')}`;
}

/** The same for a start that was given up, with what to do about it. */
export function describeWaited(state: StartState): string {
  return withAdvice(describeWaiting(state));
}
