/** What has a pod by its labels: its controller, and the Services of its namespace. */
import { isRecord } from '../plan/json.ts';
import { selectorText, selects } from '../plan/labels.ts';
import { controllerOf, type KubernetesObject, say } from '../plan/objects.ts';
import { readPointer } from '../plan/pointer.ts';
import type { Question, Read, Snapshot } from './action.ts';
import { controllerPath } from './pod-owner.ts';
import { DAEMON_SET, JOB, pathOf, REPLICA_SET, SERVICE, STATEFUL_SET } from './workloads.ts';

/** Controllers that let go of a pod which their selector no longer takes. */
const CONTROLLERS = [REPLICA_SET, STATEFUL_SET, DAEMON_SET, JOB];

export type Labels = Readonly<Record<string, string>>;

export interface Relabelled {
  readonly object: KubernetesObject;
  readonly before: Labels;
  readonly after: Labels;
}

export function readsOfSelectors(question: Question<unknown>, pod: KubernetesObject): readonly Read[] {
  const controller = controllerPath(CONTROLLERS, question.namespace, pod);
  const services: Read = { kind: 'list', path: pathOf(SERVICE, question.namespace) };
  return controller ? [services, { kind: 'get', path: controller }] : [services];
}

/** `replaced` are the labels that the pod has and that change; any of them may be what an unknown controller goes by. */
export function objectionsOfController(
  question: Question<unknown>,
  seen: Snapshot,
  { object, before, after, replaced }: Relabelled & { readonly replaced: readonly string[] },
): readonly string[] {
  const owner = controllerOf(object);
  if (!owner) return [];
  const path = controllerPath(CONTROLLERS, question.namespace, object);
  if (path === undefined) {
    return replaced.length === 0
      ? []
      : [`${say(owner)} has it, and whether its selector needs ${replaced.join(', ')} is not known`];
  }
  const selector = readPointer(seen.get(path), '/spec/selector');
  return selects(selector, before) && !selects(selector, after)
    ? [
        `${say(owner)} has it by ${selectorText(selector)}, would let go of it and put another pod in its place`,
      ]
    : [];
}

export function objectionsOfServices(
  question: Question<unknown>,
  seen: Snapshot,
  { before, after }: Relabelled,
): readonly string[] {
  return servicesOf(question, seen)
    .filter((service) => serves(service, before) && !serves(service, after))
    .map(
      (service) =>
        `service/${service.metadata.name} sends requests to the pods with ${selectorText(selectorOf(service))} and would leave it out`,
    );
}

/** Those that send requests to the pod from then on. */
export function joinedServices(
  question: Question<unknown>,
  seen: Snapshot,
  { before, after }: Relabelled,
): readonly string[] {
  return servicesOf(question, seen)
    .filter((service) => serves(service, after) && !serves(service, before))
    .map((service) => `service/${service.metadata.name}`);
}

function servicesOf(question: Question<unknown>, seen: Snapshot): readonly KubernetesObject[] {
  return seen.list(pathOf(SERVICE, question.namespace)) ?? [];
}

function serves(service: KubernetesObject, labels: Labels): boolean {
  return readPointer(service, '/spec/type') !== 'ExternalName' && selects(selectorOf(service), labels);
}

/** In the form that workloads have; one without labels gets its endpoints from elsewhere. */
function selectorOf(service: KubernetesObject): object | undefined {
  const matchLabels = readPointer(service, '/spec/selector');
  return isRecord(matchLabels) && Object.keys(matchLabels).length > 0 ? { matchLabels } : undefined;
}
