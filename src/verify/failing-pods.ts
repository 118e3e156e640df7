/** Pods that will not become ready by waiting, and why, in the cluster's own words. */
import { conditionOf } from '../plan/conditions.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { workStatusesOf } from '../plan/pods.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { CheckState, View } from './check-state.ts';
import { isPassing } from './passing.ts';

/** The kubelet tries again by itself, and registries flake: one failed pull proves nothing. */
const PULLS = 2;
const CRASHES = 2;
/** Of several workloads one may crash until the others are up: so many restarts take some two minutes. */
const CRASHES_OF_SEVERAL = 5;
/** What makes Secrets or certificates, or a kubelet that has just started, takes its time. */
const WANTING_SECONDS = 30;
const HOPELESS_IMAGE = new Set(['InvalidImageName', 'ErrImageNeverPull']);
const PULL_FAILED = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable']);
const BUSY_REGISTRY = /pull QPS exceeded|toomanyrequests|429 Too Many Requests|503 Service Unavailable/i;
/** Something that it names is not there. */
const WANTING = 'CreateContainerConfigError';
const NOT_CREATED = new Set([WANTING, 'CreateContainerError', 'RunContainerError']);

/** What of a `View` a pod is judged by. */
export type Patience = Pick<View, 'isNew' | 'pullFailures' | 'wantingSeconds' | 'isOfSeveral'>;

type Failed = Extract<CheckState, { kind: 'failed' }>;

/** The first pod of ours that can't start; pods from before the change are somebody else's trouble. */
export function findFailingPod(pods: readonly KubernetesObject[], view: Patience): Failed | undefined {
  return pods
    .filter((pod) => isOurs(pod, view))
    .map((pod) => judgePod(pod, view))
    .find((failed) => failed !== undefined);
}

/** Whether the pod came with the change, and is to stay. */
export function isOurs(pod: KubernetesObject, view: Pick<View, 'isNew'>): boolean {
  return view.isNew(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** What a pod that is not ready yet waits for. */
export function describePod(pod: KubernetesObject): string {
  const waiting = containers(pod).find((container) => container.waiting !== '');
  const unscheduled = unschedulableMessage(pod);
  if (unscheduled !== '') return `pod/${pod.metadata.name} is not scheduled: ${unscheduled}`;
  if (waiting) return `pod/${pod.metadata.name}: container ${waiting.name} ${waiting.waiting}`;
  return `pod/${pod.metadata.name} is not ready`;
}

/** Pending for want of this pod, if it is known; `counts` says what is missing. */
export function waitFor(pod: KubernetesObject | undefined, counts: string): CheckState {
  if (!pod) return { kind: 'pending', detail: counts };
  const detail = `${counts}; ${describePod(pod)}`;
  return unschedulableMessage(pod) === ''
    ? { kind: 'pending', detail }
    : { kind: 'pending', detail, reasonCode: 'unschedulable' };
}

/** The scheduler's message while it finds no node; the empty string otherwise. */
export function unschedulableMessage(pod: KubernetesObject): string {
  const scheduled = conditionOf(pod, 'PodScheduled');
  return scheduled?.reason === 'Unschedulable' ? scheduled.message : '';
}

/** Whether the condition Ready is true and the pod is not on its way out. */
export function isReady(pod: KubernetesObject): boolean {
  return pod.metadata.deletionTimestamp === undefined && conditionOf(pod, 'Ready')?.status === 'True';
}

/** What keeps a container of the pod from having run at all, with the kubelet's words; the empty string when nothing does. */
export function whyNeverStarted(pod: KubernetesObject): string {
  const stuck = containers(pod).find(
    (container) =>
      container.restarts === 0 &&
      (HOPELESS_IMAGE.has(container.waiting) ||
        PULL_FAILED.has(container.waiting) ||
        isNotCreated(container)),
  );
  return stuck ? `${stuck.waiting}: ${stuck.message}` : '';
}

/** A failed pull, unless its registry is only busy. */
function isHopelessPull({ waiting, message }: ContainerState): boolean {
  return PULL_FAILED.has(waiting) && !isBusyRegistry(message);
}

/** Whether the registry, or the kubelet, serves others first. */
export function isBusyRegistry(message: string): boolean {
  return BUSY_REGISTRY.test(message);
}

function isWanting({ waiting }: ContainerState): boolean {
  return waiting === WANTING;
}

/** Whether a container of the pod wants what is not there; how long is for the view to know. */
export function wantsSomething(pod: KubernetesObject): boolean {
  return containers(pod).some(isWanting);
}

function isNotCreated({ waiting, message }: ContainerState): boolean {
  return NOT_CREATED.has(waiting) && !isPassing(message);
}

function judgePod(pod: KubernetesObject, view: Patience): Failed | undefined {
  const crashes = view.isOfSeveral ? CRASHES_OF_SEVERAL : CRASHES;
  for (const container of containers(pod)) {
    const at = `pod/${pod.metadata.name}, container ${container.name}`;
    if (
      HOPELESS_IMAGE.has(container.waiting) ||
      (isHopelessPull(container) && view.pullFailures(pod) >= PULLS)
    ) {
      return failed(
        'image-pull-failed',
        `${at}: ${container.waiting} for image ${container.image}: ${container.message}`,
      );
    }
    if (isNotCreated(container) && !(isWanting(container) && view.wantingSeconds(pod) < WANTING_SECONDS)) {
      return failed('container-failing', `${at}: ${container.waiting}: ${container.message}`);
    }
    if (container.waiting === 'CrashLoopBackOff' && container.restarts >= crashes) {
      return failed(
        'container-failing',
        `${at} keeps ending (${container.restarts} restarts): ${container.lastEnd}`,
      );
    }
  }
  return undefined;
}

function failed(reasonCode: Failed['reasonCode'], detail: string): Failed {
  return { kind: 'failed', reasonCode, detail };
}

interface ContainerState {
  readonly name: string;
  readonly image: string;
  readonly waiting: string;
  readonly message: string;
  readonly restarts: number;
  readonly lastEnd: string;
}

function containers(pod: KubernetesObject): readonly ContainerState[] {
  return workStatusesOf(pod).map(containerState);
}

function containerState(status: unknown): ContainerState {
  const exitCode = textAt(status, '/lastState/terminated/exitCode');
  return {
    name: textAt(status, '/name'),
    image: textAt(status, '/image'),
    waiting: textAt(status, '/state/waiting/reason'),
    message: textAt(status, '/state/waiting/message'),
    restarts: Number(readPointer(status, '/restartCount') ?? 0),
    lastEnd:
      exitCode === ''
        ? 'no exit code seen'
        : `exit code ${exitCode}, ${textAt(status, '/lastState/terminated/reason')}`,
  };
}

/** Whether a pull of the pod has just failed, and not because of a busy registry; the wait for the next one is none. */
export function isPullFailing(pod: KubernetesObject): boolean {
  return containers(pod).some(
    (container) => isHopelessPull(container) && container.waiting !== 'ImagePullBackOff',
  );
}
