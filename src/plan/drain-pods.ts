/** Which pods of a node a drain evicts, which it leaves alone, and what speaks against it. Pure. */
import { budgetsOf, type Demand, demandsOn, disruptionsAllowed, neverLetsGo, sayBudget } from './budgets.ts';
import { controllerOf, type KubernetesObject } from './objects.ts';
import { isFinished, isOfDaemonSet, isStaticPod, sayPod } from './pods.ts';
import { readPointer } from './pointer.ts';

export interface DrainedPods {
  /** By namespace and name. */
  readonly evicted: readonly KubernetesObject[];
  readonly ofDaemonSets: readonly KubernetesObject[];
  readonly isStatic: readonly KubernetesObject[];
  readonly finished: readonly KubernetesObject[];
  readonly terminating: readonly KubernetesObject[];
}

/** `hasDaemonSet`: whether the DaemonSet that the pod names is still there. */
export function sortPods(
  pods: readonly KubernetesObject[],
  hasDaemonSet: (pod: KubernetesObject) => boolean,
): DrainedPods {
  const kindOf = (pod: KubernetesObject): keyof DrainedPods => {
    if (isStaticPod(pod)) return 'isStatic';
    if (isFinished(pod)) return 'finished';
    if (pod.metadata.deletionTimestamp !== undefined) return 'terminating';
    return isOfDaemonSet(pod) && hasDaemonSet(pod) ? 'ofDaemonSets' : 'evicted';
  };
  const of = (kind: keyof DrainedPods): readonly KubernetesObject[] =>
    pods.filter((pod) => kindOf(pod) === kind).toSorted((a, b) => (sayPod(a) < sayPod(b) ? -1 : 1));
  return {
    evicted: of('evicted'),
    ofDaemonSets: of('ofDaemonSets'),
    isStatic: of('isStatic'),
    finished: of('finished'),
    terminating: of('terminating'),
  };
}

export interface DrainRules {
  readonly ignoreDaemonSets: boolean;
  readonly deleteLocalData: boolean;
  readonly force: boolean;
}

/** Each with the pods it is about and the way out; empty when nothing speaks against it. */
export function objectionsTo(
  { evicted, ofDaemonSets }: DrainedPods,
  { ignoreDaemonSets, deleteLocalData, force }: DrainRules,
): readonly string[] {
  const unmanaged = force ? [] : evicted.filter((pod) => !isRecreated(pod));
  const local = deleteLocalData ? [] : evicted.filter(hasEmptyDir);
  return [
    about(
      ignoreDaemonSets ? [] : ofDaemonSets,
      'their DaemonSets would put them back on this node. Set the parameter ignore-daemonsets to leave them here',
    ),
    about(
      unmanaged,
      'no controller would put new ones in their place. Move them yourself, or set the input force to lose them',
    ),
    about(
      local,
      'they keep data in an emptyDir, which goes with them. Save it, and set the parameter delete-local-data',
    ),
  ].flat();
}

/** The same for their budgets: what no waiting will change. */
export function budgetObjections(
  { evicted }: DrainedPods,
  budgets: readonly KubernetesObject[],
): readonly string[] {
  const doubled = evicted.flatMap((pod) => {
    const names = budgetsOf(pod, budgets).map((budget) => budget.metadata.name);
    return names.length < 2
      ? []
      : [
          `pod ${sayPod(pod)}: the API server evicts no pod of more than one disruption budget, and it is under ${names.toSorted().join(' and ')}. Leave it one of them.`,
        ];
  });
  const never = demandsOn(evicted, budgets)
    .filter(({ budget }) => neverLetsGo(budget))
    .map(
      ({ budget, pods }) =>
        `${sayBudget(budget)} asks for all pods it has and will never let go of ${list(pods)}. Lower minAvailable, raise maxUnavailable, or run more replicas.`,
    );
  return [...doubled, ...never];
}

/** What people should know of it beforehand. */
export function drainNotes(
  { ofDaemonSets, isStatic, finished, terminating, evicted }: DrainedPods,
  budgets: readonly KubernetesObject[],
): readonly string[] {
  const left = (pods: readonly KubernetesObject[], what: string): readonly string[] =>
    pods.length === 0 ? [] : [`Left on the node, ${what}: ${list(pods)}.`];
  return [
    ...left(ofDaemonSets, 'being of DaemonSets'),
    ...left(isStatic, 'being static pods of its kubelet'),
    ...left(finished, 'having finished'),
    ...(terminating.length === 0
      ? []
      : [`Waited for, being on their way out already: ${list(terminating)}.`]),
    ...demandsOn(evicted, budgets).flatMap(waitNote),
  ];
}

function waitNote({ budget, pods }: Demand): readonly string[] {
  const allowed = disruptionsAllowed(budget);
  return allowed >= pods.length
    ? []
    : [
        `${sayBudget(budget)} lets go of ${allowed} of ${pods.length} pods now: the drain waits for the others until enough pods are Ready elsewhere.`,
      ];
}

function about(pods: readonly KubernetesObject[], why: string): readonly string[] {
  return pods.length === 0 ? [] : [`${pods.length === 1 ? 'pod' : 'pods'} ${list(pods)}: ${why}.`];
}

function list(pods: readonly KubernetesObject[]): string {
  return pods.map(sayPod).join(', ');
}

/** A DaemonSet that is gone recreates nothing; a living one's pods are not evicted at all. */
function isRecreated(pod: KubernetesObject): boolean {
  return controllerOf(pod) !== undefined && !isOfDaemonSet(pod);
}

function hasEmptyDir(pod: KubernetesObject): boolean {
  const volumes = readPointer(pod, '/spec/volumes');
  return (
    Array.isArray(volumes) &&
    volumes.some((volume: unknown) => readPointer(volume, '/emptyDir') !== undefined)
  );
}
