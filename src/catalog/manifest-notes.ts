/** What people should know before a manifest is applied, and what an undo takes along. */
import { isDefinition, isNamespace } from '../plan/manifest.ts';
import { controllerOf, say } from '../plan/objects.ts';
import type { Change, Dependent } from './manifest-changes.ts';
import { admittedBy, rolloutOf, workloadKindOf } from './manifest-workloads.ts';

type Step = Change | Dependent;

/** Of all objects, also of those that stay as they are. */
export function notesOf(all: readonly Step[]): readonly string[] {
  const same = all.filter(({ kind }) => kind === 'same').map(({ object }) => say(object));
  const changing = all.filter(({ kind }) => kind !== 'same');
  return [
    ...changing.flatMap((step) => [
      ...ownership(step),
      ...dependency(step),
      ...podsToCome(step, changing),
      ...takenAlong(step),
      ...unawaited(step),
    ]),
    ...(same.length === 0
      ? []
      : [`Left as ${same.length === 1 ? 'it is' : 'they are'}: ${same.join(', ')}.`]),
  ];
}

function ownership(step: Step): readonly string[] {
  if (step.kind === 'dependent') return [];
  const { takenOver, ownTaken, live } = step;
  const name = say(step.object);
  const owner = live ? controllerOf(live) : undefined;
  return [
    ...(takenOver.length === 0
      ? []
      : [
          `${name} takes fields over: ${takenOver.join('; ')}. An undo puts back their values, not their owner.`,
        ]),
    ...(ownTaken.length === 0
      ? []
      : [
          `${name} sets anew what another action or an undo of this product has written: ${ownTaken.join(', ')}.`,
        ]),
    ...(owner ? [`${name} belongs to ${say(owner)}, which may change it back.`] : []),
  ];
}

function dependency(step: Step): readonly string[] {
  return step.kind === 'dependent'
    ? [`${say(step.object)} could not be rehearsed: it needs ${say(step.needs)} first.`]
    : [];
}

function podsToCome(step: Step, steps: readonly Step[]): readonly string[] {
  const needed = step.kind === 'dependent' ? undefined : admittedBy(step, steps);
  return needed
    ? [
        `Pods of ${say(step.object)} could not be rehearsed: whether they are admitted depends on ${say(needed)} of this manifest.`,
      ]
    : [];
}

function takenAlong(step: Step): readonly string[] {
  if (step.kind === 'change') return [];
  const name = say(step.object);
  if (isNamespace(step.object)) return [`An undo deletes ${name} with everything that is in it by then.`];
  return isDefinition(step.object) ? [`An undo deletes ${name} with every object of its kind by then.`] : [];
}

function unawaited(step: Step): readonly string[] {
  const name = say(step.object);
  if (['Job', 'CronJob', 'Pod', 'PersistentVolumeClaim'].includes(step.object.kind)) {
    return [`Of ${name} only what the manifest says is verified, not what becomes of it.`];
  }
  const isStill = workloadKindOf(step.path) && changesSpec(step) && rolloutOf(step).length === 0;
  return isStill
    ? [
        `The rollout of ${name} is not waited for: it is paused, or replaces pods only when somebody deletes them.`,
      ]
    : [];
}

function changesSpec(step: Step): boolean {
  return step.kind !== 'change' || step.fields.some(({ pointer }) => pointer.startsWith('/spec'));
}
